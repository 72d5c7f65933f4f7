/** The panel on the right: everything about the selected card or line, and of the flow when nothing is selected. */

import { CircleAlert, Copy, Ellipsis, Flag, Trash2, TriangleAlert } from "lucide-react";
import { useEffect, useRef } from "react";
import { type FlowNode, findNode } from "../flow/model";
import { useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Count } from "../ui/Badge";
import { Field } from "../ui/Field";
import { Menu } from "../ui/Menu";
import { SvgIcon } from "../ui/SvgIcon";
import { Tabs } from "../ui/Tabs";
import { ConfigForm } from "./ConfigForm";
import { DataTab } from "./DataTab";
import type { Finding } from "./data";
import { findingsOf, titleOf, worstOf } from "./derive";
import { copySelected, pasteClipping, removeSelected } from "./editing";
import { FlowPanel } from "./FlowPanel";
import { isOfInterruption } from "./Interruptions";
import { LinePanel } from "./LinePanel";
import { StepMedia } from "./MediaForm";
import { OutcomesTab } from "./OutcomesTab";
import { Preview } from "./Preview";
import { pointer, type Schema } from "./schema";
import { perform, useDocument } from "./store";
import { texts } from "./texts";
import { look, useView } from "./view";
import { LocalTextInput } from "./widgets";

export function Inspector() {
  const t = useMessages(texts);
  const selected = useView((view) => view.nodes);
  const edge = useView((view) => view.edge);
  const graph = useDocument((document) => document.history.now.graph);
  const node = selected.length === 1 ? findNode(graph, selected[0] ?? null) : null;
  return (
    <aside className="inspector" aria-label={t("inspector")} data-testid="inspector">
      {node && <NodePanel key={node.id} node={node} />}
      {!node && edge && <LinePanel edge={edge} />}
      {!node &&
        !edge &&
        (selected.length > 1 ? <ManyPanel count={selected.length} /> : <FlowPanel />)}
    </aside>
  );
}

function ManyPanel({ count }: { readonly count: number }) {
  const t = useMessages(texts);
  return (
    <div className="inspector-body">
      <h2 className="inspector-title">{t("selected", { n: count })}</h2>
      <p className="faint">{t("selected_help")}</p>
    </div>
  );
}

function NodePanel({ node }: { readonly node: FlowNode }) {
  const t = useMessages(texts);
  const tab = useView((view) => view.inspector);
  const findings = findingsOf(
    useDocument((document) => document.verified),
    node.id,
  );
  const wiring = findings.filter((one) => (one.outcome && !one.field) || isOfInterruption(one));
  const settings = findings.filter((one) => !wiring.includes(one));
  return (
    <>
      <Head node={node} />
      <Tabs
        label={t("inspector")}
        selected={tab}
        onSelect={(next) => look({ inspector: next })}
        tabs={[
          {
            id: "configure",
            label: t("configure"),
            mark: <Mark findings={settings} />,
            panel: <ConfigureTab node={node} />,
          },
          {
            id: "outcomes",
            label: t("outcomes"),
            mark: <Mark findings={wiring} />,
            panel: <OutcomesTab node={node} />,
          },
          { id: "data", label: t("data"), panel: <DataTab node={node} /> },
          { id: "notes", label: t("notes"), panel: <NotesTab node={node} /> },
        ]}
      />
      <Preview node={node} />
    </>
  );
}

function Mark({ findings }: { readonly findings: readonly Finding[] }) {
  const worst = worstOf(findings);
  return worst && <Count tone={worst === "error" ? "negative" : "warning"} n={findings.length} />;
}

function Head({ node }: { readonly node: FlowNode }) {
  const t = useMessages(texts);
  const text = useLocalText();
  const components = useDocument((document) => document.components);
  const start = useDocument((document) => document.history.now.graph.start);
  const component = components.get(node.component);
  const duplicate = () => {
    copySelected();
    pasteClipping();
  };
  return (
    <header className="inspector-head" data-group={component?.group ?? "logic"}>
      <span className="tile">
        <SvgIcon svg={component?.icon ?? ""} size={18} />
      </span>
      <div className="grow">
        <h2 className="inspector-title">{text(titleOf(node, components))}</h2>
        <p className="mono faint">
          {node.component} {node.version}
        </p>
      </div>
      <Menu
        label={t("more")}
        trigger={<Ellipsis size={16} />}
        entries={[
          {
            id: "start",
            label: t("make_start"),
            icon: <Flag size={14} />,
            disabled: start === node.id,
            onAction: () => perform({ kind: "start", node: node.id }),
          },
          { id: "copy", label: t("duplicate"), icon: <Copy size={14} />, onAction: duplicate },
          {
            id: "delete",
            label: t("delete"),
            icon: <Trash2 size={14} />,
            keys: "Del",
            tone: "danger",
            onAction: removeSelected,
          },
        ]}
      />
    </header>
  );
}

function ConfigureTab({ node }: { readonly node: FlowNode }) {
  const t = useMessages(texts);
  const component = useDocument((document) => document.components.get(node.component));
  const verified = useDocument((document) => document.verified);
  const findings = findingsOf(verified, node.id);
  const box = useFocusedField(node.id);
  if (!component) {
    return (
      <div className="inspector-body">
        <div className="note" data-tone="negative" role="alert">
          <CircleAlert size={15} aria-hidden />
          <span>{t("missing_component", { name: `${node.component} ${node.version}` })}</span>
        </div>
      </div>
    );
  }
  return (
    <div className="inspector-body" ref={box}>
      <NodeFindings findings={findings.filter((one) => !one.field && !one.outcome)} />
      <Field label={t("step_name")}>
        {(control) => (
          <LocalTextInput
            box={control}
            schema={{ maxLength: 80 }}
            name="title"
            at="/title"
            value={node.title}
            usual={component.title}
            onChange={(title) =>
              perform({ kind: "retitle", node: node.id, title: (title ?? {}) as FlowNode["title"] })
            }
          />
        )}
      </Field>
      <ConfigForm
        schema={component.config_schema as Schema}
        config={node.config}
        findings={findings}
        onChange={(key, value) => perform({ kind: "configure", node: node.id, key, value })}
      />
      <LateAfter node={node} />
      {!component.end && <StepMedia node={node} findings={findings} />}
    </div>
  );
}

/** When staff is told that this step takes too long. */
function LateAfter({ node }: { readonly node: FlowNode }) {
  const t = useMessages(texts);
  return (
    <Field label={t("node_sla_s")} help={t("node_sla_s_help")}>
      {(control) => (
        <span className="with-unit">
          <input
            {...control}
            type="number"
            min={0}
            className="input num"
            value={node.sla_s ?? ""}
            onChange={(event) => {
              const sla_s = Math.round(Number(event.currentTarget.value));
              if (sla_s >= 0) perform({ kind: "limit", node: node.id, sla_s });
            }}
          />
          <span className="faint">s</span>
        </span>
      )}
    </Field>
  );
}

function NodeFindings({ findings }: { readonly findings: readonly Finding[] }) {
  const text = useLocalText();
  return findings.map((finding) => {
    const isError = finding.severity === "error";
    const Icon = isError ? CircleAlert : TriangleAlert;
    return (
      <div
        key={`${finding.rule} ${finding.outcome}`}
        className="note"
        data-tone={isError ? "negative" : "warning"}
      >
        <Icon size={15} aria-hidden />
        <span>{text(finding.message)}</span>
      </div>
    );
  });
}

/** Puts the cursor where a finding points. */
function useFocusedField(node: string) {
  const field = useView((view) => view.focusField);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!field || !node) return;
    const places = pointer(field).split("/").slice(1);
    const tries = places.map((_, index) => `/${places.slice(0, places.length - index).join("/")}`);
    const found = tries
      .map((at) => box.current?.querySelector<HTMLElement>(`[data-field="${CSS.escape(at)}"]`))
      .find((one) => one);
    found?.querySelector<HTMLElement>("input, textarea, select, button")?.focus();
    found?.scrollIntoView({ block: "center" });
  }, [field, node]);
  return box;
}

function NotesTab({ node }: { readonly node: FlowNode }) {
  const t = useMessages(texts);
  const note = useDocument((document) => document.history.now.layout.notes[node.id] ?? "");
  return (
    <div className="inspector-body">
      <Field label={t("notes")} help={t("notes_help")}>
        {(control) => (
          <textarea
            {...control}
            className="input"
            rows={8}
            value={note}
            onChange={(event) =>
              perform({ kind: "annotate", node: node.id, note: event.currentTarget.value })
            }
          />
        )}
      </Field>
    </div>
  );
}
