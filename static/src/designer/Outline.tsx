/** The flow as a list: everything the canvas shows, by keyboard. Enter selects, Delete removes. */

import { useReactFlow } from "@xyflow/react";
import { useMemo } from "react";
import { readingOrder } from "../flow/analysis";
import type { FlowNode, LocalText } from "../flow/model";
import { useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { SvgIcon } from "../ui/SvgIcon";
import { edgeId, outcomesOf, titleOf } from "./derive";
import { removeSelected } from "./editing";
import { PortShape } from "./signs";
import { draftNow, useDocument } from "./store";
import { texts } from "./texts";
import { selectNode, useView } from "./view";

export function Outline() {
  const t = useMessages(texts);
  const graph = useDocument((document) => document.history.now.graph);
  const components = useDocument((document) => document.components);
  const order = useMemo(() => readingOrder(graph), [graph]);
  const facts = useMemo(
    () => ({
      nodes: new Map(graph.nodes.map((node) => [node.id, node])),
      targets: new Map(graph.edges.map((edge) => [edgeId(edge), edge.to])),
    }),
    [graph],
  );
  if (order.length === 0) return <p className="strip-calm">{t("empty_outline")}</p>;
  const title = (id: string | undefined) => {
    const node = facts.nodes.get(id ?? "");
    return node ? titleOf(node, components) : null;
  };
  return (
    <ol className="outline">
      {order.map((id) => (
        <Row
          key={id}
          node={facts.nodes.get(id)}
          leadsTo={(outcome) => title(facts.targets.get(edgeId({ from: id, outcome })))}
        />
      ))}
    </ol>
  );
}

interface RowProps {
  readonly node: FlowNode | undefined;
  /** The title of the step an outcome leads to. */
  readonly leadsTo: (outcome: string) => LocalText | null;
}

function Row({ node, leadsTo }: RowProps) {
  const t = useMessages(texts);
  const text = useLocalText();
  const components = useDocument((document) => document.components);
  const verified = useDocument((document) => document.verified);
  const isSelected = useView((view) => view.nodes.includes(node?.id ?? ""));
  const { setCenter, getZoom } = useReactFlow();
  if (!node) return null;
  const component = components.get(node.component);
  const choose = () => {
    selectNode(node.id);
    const at = draftNow().layout.nodes[node.id];
    if (at) void setCenter(at.x + 84, at.y + 60, { zoom: getZoom(), duration: 160 });
  };
  const onKey = (key: string) => {
    if (key !== "Delete" && key !== "Backspace") return;
    selectNode(node.id);
    removeSelected();
  };
  return (
    <li data-group={component?.group ?? "logic"} data-selected={isSelected || undefined}>
      <button
        type="button"
        aria-current={isSelected}
        onClick={choose}
        onKeyDown={(event) => onKey(event.key)}
      >
        <span className="tile">
          <SvgIcon svg={component?.icon ?? ""} size={13} />
        </span>
        <b>{text(titleOf(node, components))}</b>
        <span className="mono faint">{node.id}</span>
      </button>
      <span className="outline-ways">
        {outcomesOf(node, components, verified).map((outcome) => (
          <span key={outcome.id} className="outline-way" data-polarity={outcome.polarity}>
            <PortShape polarity={outcome.polarity} />
            {text(outcome.label) || outcome.id}
            <span className="faint">→ {text(leadsTo(outcome.id)) || t("goes_nowhere")}</span>
          </span>
        ))}
      </span>
    </li>
  );
}
