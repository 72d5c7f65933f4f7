/** What happens when somebody drops, time is up or a service fails: one row each, for the whole flow or one step. */

import { CircleAlert, Plus, Trash2 } from "lucide-react";
import { useEffect, useRef } from "react";
import {
  boundaryKey,
  changed,
  INTERRUPTIONS,
  LONGEST_S,
  newInterruption,
  waits,
} from "../flow/interruptions";
import type { Boundary, FlowNode } from "../flow/model";
import { useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Button, IconButton } from "../ui/Button";
import type { Finding } from "./data";
import { titleOf } from "./derive";
import { InterruptIcon, kindKey } from "./InterruptSigns";
import { perform, useDocument } from "./store";
import { texts } from "./texts";
import { useView } from "./view";

const OF_BOUNDARIES = "/boundaries/";

export function isOfInterruption({ field }: Finding): boolean {
  return field?.startsWith(OF_BOUNDARIES) ?? false;
}

/** The row a finding is about, as `boundaryKey` names it. */
export function placeIn({ field, node }: Finding): string {
  return boundaryKey({ on: field?.slice(OF_BOUNDARIES.length) ?? "", scope: node });
}

/** All of them, or those of one step. */
export function Interruptions({ scope }: { readonly scope?: string }) {
  const t = useMessages(texts);
  const graph = useDocument((document) => document.history.now.graph);
  const components = useDocument((document) => document.components);
  const shown = graph.boundaries.filter((one) => scope === undefined || one.scope === scope);
  const ending = graph.nodes.filter((node) => components.get(node.component)?.end);
  const to = graph.boundaries[0]?.to ?? ending.at(-1)?.id ?? graph.nodes.at(-1)?.id;
  const added = to === undefined ? null : newInterruption(graph, scope ?? null, to);
  const add = () =>
    added && perform({ kind: "boundaries", boundaries: [...graph.boundaries, added] });
  return (
    <div className="interruptions" data-narrow={scope !== undefined || undefined}>
      {shown.length === 0 && scope === undefined && <p className="faint">{t("uninterrupted")}</p>}
      <ul>
        {shown.map((one) => (
          <Row key={boundaryKey(one)} boundary={one} isOfStep={scope !== undefined} />
        ))}
      </ul>
      <Button
        size="small"
        icon={<Plus size={14} />}
        disabled={!added}
        title={added ? undefined : t("all_interruptions")}
        onClick={add}
      >
        {t("add_interruption")}
      </Button>
    </div>
  );
}

interface RowProps {
  readonly boundary: Boundary;
  readonly isOfStep: boolean;
}

function Row({ boundary, isOfStep }: RowProps) {
  const t = useMessages(texts);
  const text = useLocalText();
  const all = useDocument((document) => document.history.now.graph.boundaries);
  const verified = useDocument((document) => document.verified);
  const row = useAskedRow(boundary);
  const name = t(kindKey(boundary.on));
  const put = (change: Partial<Boundary>, typing?: string) =>
    perform({
      kind: "boundaries",
      boundaries: changed(all, boundary, change),
      ...(typing ? { typing } : {}),
    });
  const remove = () =>
    perform({ kind: "boundaries", boundaries: all.filter((one) => one !== boundary) });
  const findings = verified?.findings.filter(
    (one) => isOfInterruption(one) && placeIn(one) === boundaryKey(boundary),
  );
  return (
    <li ref={row}>
      <div className="interruption">
        <span className="interruption-icon">
          <InterruptIcon on={boundary.on} size={14} />
        </span>
        <KindSelect boundary={boundary} onChange={(on) => put({ on })} />
        {!isOfStep && <ScopeSelect boundary={boundary} onChange={(scope) => put({ scope })} />}
        {waits(boundary.on) && (
          <Wait
            boundary={boundary}
            onChange={(after_s) => put({ after_s }, boundaryKey(boundary))}
          />
        )}
        <TargetSelect boundary={boundary} onChange={(to) => put({ to })} />
        <IconButton size="small" label={t("remove_interruption", { kind: name })} onClick={remove}>
          <Trash2 size={14} />
        </IconButton>
      </div>
      {findings?.map((finding) => (
        <p key={finding.message.en} className="field-error">
          <CircleAlert size={13} aria-hidden />
          {text(finding.message)}
        </p>
      ))}
    </li>
  );
}

/** Puts the cursor into the row a finding points to. */
function useAskedRow(boundary: Boundary) {
  const isAsked = useView((view) => view.focusField === boundaryKey(boundary));
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isAsked) row.current?.querySelector<HTMLElement>("input, select")?.focus();
  }, [isAsked]);
  return row;
}

interface PartProps<Value> {
  readonly boundary: Boundary;
  readonly onChange: (value: Value) => void;
}

function KindSelect({ boundary, onChange }: PartProps<string>) {
  const t = useMessages(texts);
  const taken = useTaken();
  const isOffered = (INTERRUPTIONS as readonly string[]).includes(boundary.on);
  return (
    <select
      className="input"
      data-size="small"
      aria-label={t("interruption_kind")}
      value={boundary.on}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      {!isOffered && <option value={boundary.on}>{t("on_other")}</option>}
      {INTERRUPTIONS.map((on) => (
        <option
          key={on}
          value={on}
          disabled={on !== boundary.on && taken.has(boundaryKey({ on, scope: boundary.scope }))}
        >
          {t(kindKey(on))}
        </option>
      ))}
    </select>
  );
}

function useTaken(): ReadonlySet<string> {
  const all = useDocument((document) => document.history.now.graph.boundaries);
  return new Set(all.map(boundaryKey));
}

function ScopeSelect({ boundary, onChange }: PartProps<string | null>) {
  const t = useMessages(texts);
  const taken = useTaken();
  const { nodes, nameOf } = useSteps();
  const isTaken = (scope: string | null) =>
    scope !== boundary.scope && taken.has(boundaryKey({ on: boundary.on, scope }));
  return (
    <select
      className="input"
      data-size="small"
      aria-label={t("interruption_scope")}
      value={boundary.scope ?? ""}
      onChange={(event) => onChange(event.currentTarget.value || null)}
    >
      <option value="" disabled={isTaken(null)}>
        {t("whole_flow")}
      </option>
      {nodes.map((node) => (
        <option key={node.id} value={node.id} disabled={isTaken(node.id)}>
          {nameOf(node)}
        </option>
      ))}
    </select>
  );
}

function Wait({ boundary, onChange }: PartProps<number>) {
  const t = useMessages(texts);
  return (
    <span className="with-unit">
      <span className="faint">{t("interruption_after")}</span>
      <input
        type="number"
        className="input num"
        data-size="small"
        aria-label={t("interruption_seconds")}
        min={0}
        max={LONGEST_S}
        value={boundary.after_s}
        onChange={(event) =>
          onChange(Math.min(LONGEST_S, Math.max(0, Math.round(Number(event.currentTarget.value)))))
        }
      />
      <span className="faint">s</span>
    </span>
  );
}

function TargetSelect({ boundary, onChange }: PartProps<string>) {
  const t = useMessages(texts);
  const components = useDocument((document) => document.components);
  const { nodes, nameOf } = useSteps();
  return (
    <span className="interruption-target">
      <span className="faint" aria-hidden>
        →
      </span>
      <select
        className="input"
        data-size="small"
        aria-label={t("interruption_to")}
        value={boundary.to}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {nodes
          .filter((node) => !components.get(node.component)?.entry)
          .map((node) => (
            <option key={node.id} value={node.id}>
              {nameOf(node)}
            </option>
          ))}
      </select>
    </span>
  );
}

/** The steps there are, each named so that two of one title can be told apart. */
function useSteps() {
  const text = useLocalText();
  const nodes = useDocument((document) => document.history.now.graph.nodes);
  const components = useDocument((document) => document.components);
  const nameOf = (node: FlowNode) => `${text(titleOf(node, components))} · ${node.id}`;
  return { nodes, nameOf };
}
