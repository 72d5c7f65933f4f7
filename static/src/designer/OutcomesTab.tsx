/** Every way of leaving a node: its meaning, and where it leads. The keyboard's way to draw a line. */

import { CircleAlert, Plus, Unlink } from "lucide-react";
import { useEffect, useRef } from "react";
import { type FlowNode, type Outcome, targetOf } from "../flow/model";
import { useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { IconButton } from "../ui/Button";
import { outcomesOf, titleOf } from "./derive";
import { Interruptions } from "./Interruptions";
import { useInterruptionWords } from "./InterruptSigns";
import { PortShape } from "./signs";
import { perform, useDocument } from "./store";
import { texts } from "./texts";
import { look, useView } from "./view";

export function OutcomesTab({ node }: { readonly node: FlowNode }) {
  const t = useMessages(texts);
  const components = useDocument((document) => document.components);
  const verified = useDocument((document) => document.verified);
  const outcomes = outcomesOf(node, components, verified);
  return (
    <div className="inspector-body">
      {outcomes.length === 0 && <p className="faint">{t("no_outcomes")}</p>}
      <ul className="outcomes">
        {outcomes.map((outcome) => (
          <OutcomeRow key={outcome.id} node={node} outcome={outcome} />
        ))}
      </ul>
      {outcomes.length > 0 && (
        <section className="arrivals">
          <h3 className="field-label">{t("interruptions_of_step")}</h3>
          <Interruptions scope={node.id} />
        </section>
      )}
      <Arrivals node={node} />
    </div>
  );
}

function OutcomeRow({ node, outcome }: { readonly node: FlowNode; readonly outcome: Outcome }) {
  const t = useMessages(texts);
  const text = useLocalText();
  const { history, components, verified } = useDocument();
  const { graph } = history.now;
  const isAsked = useView((view) => view.focusField === outcome.id);
  const select = useRef<HTMLSelectElement>(null);
  useEffect(() => {
    if (isAsked) select.current?.focus();
  }, [isAsked]);
  const target = targetOf(graph, node.id, outcome.id);
  const finding = verified?.findings.find(
    (one) => one.node === node.id && one.outcome === outcome.id,
  );
  const label = text(outcome.label) || outcome.id;
  const choose = (to: string) => {
    if (to === "") perform({ kind: "disconnect", from: node.id, outcome: outcome.id });
    else perform({ kind: "connect", from: node.id, outcome: outcome.id, to });
  };
  const others = graph.nodes.filter(
    (one) => one.id !== node.id && !components.get(one.component)?.entry,
  );
  return (
    <li data-polarity={outcome.polarity}>
      <div className="outcome-head">
        <PortShape polarity={outcome.polarity} />
        <b>{label}</b>
        <span className="faint">{t(`polarity_${outcome.polarity}`)}</span>
      </div>
      <div className="outcome-target">
        <select
          ref={select}
          className="input"
          aria-label={t("leads_to", { outcome: label })}
          value={target ?? ""}
          onChange={(event) => choose(event.currentTarget.value)}
        >
          <option value="">{t("goes_nowhere")}</option>
          {others.map((one) => (
            <option key={one.id} value={one.id}>
              {text(titleOf(one, components))} · {one.id}
            </option>
          ))}
        </select>
        {target ? (
          <IconButton label={t("disconnect")} onClick={() => choose("")}>
            <Unlink size={14} />
          </IconButton>
        ) : (
          <IconButton
            label={t("add_step_here")}
            onClick={() => look({ pick: { kind: "after", from: node.id, outcome: outcome.id } })}
          >
            <Plus size={15} />
          </IconButton>
        )}
      </div>
      {finding && (
        <p className="field-error">
          <CircleAlert size={13} aria-hidden />
          {text(finding.message)}
        </p>
      )}
    </li>
  );
}

function Arrivals({ node }: { readonly node: FlowNode }) {
  const t = useMessages(texts);
  const text = useLocalText();
  const { history, components } = useDocument();
  const { graph } = history.now;
  const interruption = useInterruptionWords();
  const edges = graph.edges.filter((edge) => edge.to === node.id);
  const boundaries = graph.boundaries.filter((one) => one.to === node.id);
  if (edges.length + boundaries.length === 0) return null;
  const title = (id: string) => {
    const found = graph.nodes.find((one) => one.id === id);
    return found ? text(titleOf(found, components)) : id;
  };
  return (
    <section className="arrivals">
      <h3 className="field-label">{t("reached_from")}</h3>
      <ul>
        {edges.map((edge) => (
          <li key={`${edge.from} ${edge.outcome}`}>
            {title(edge.from)} <span className="faint">· {edge.outcome}</span>
          </li>
        ))}
        {boundaries.map((one) => (
          <li key={`${one.on} ${one.scope}`}>{interruption(one)}</li>
        ))}
      </ul>
    </section>
  );
}
