/** The flow as a list: everything the canvas shows, by keyboard. Enter selects, Delete removes. */

import { useReactFlow } from "@xyflow/react";
import { useMemo } from "react";
import { readingOrder } from "../flow/analysis";
import { findNode, targetOf } from "../flow/model";
import { useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { SvgIcon } from "../ui/SvgIcon";
import { outcomesOf, titleOf } from "./derive";
import { removeSelected } from "./editing";
import { PortShape } from "./signs";
import { useDocument } from "./store";
import { texts } from "./texts";
import { selectNode, useView } from "./view";

export function Outline() {
  const t = useMessages(texts);
  const { history } = useDocument();
  const { graph } = history.now;
  const order = useMemo(() => readingOrder(graph), [graph]);
  if (order.length === 0) return <p className="strip-calm">{t("empty_outline")}</p>;
  return (
    <ol className="outline">
      {order.map((id) => (
        <Row key={id} id={id} />
      ))}
    </ol>
  );
}

function Row({ id }: { readonly id: string }) {
  const t = useMessages(texts);
  const text = useLocalText();
  const { history, components, verified } = useDocument();
  const { graph, layout } = history.now;
  const isSelected = useView((view) => view.nodes.includes(id));
  const { setCenter, getZoom } = useReactFlow();
  const node = findNode(graph, id);
  if (!node) return null;
  const component = components.get(node.component);
  const choose = () => {
    selectNode(id);
    const at = layout.nodes[id];
    if (at) void setCenter(at.x + 84, at.y + 60, { zoom: getZoom(), duration: 160 });
  };
  const onKey = (key: string) => {
    if (key !== "Delete" && key !== "Backspace") return;
    selectNode(id);
    removeSelected();
  };
  const title = (target: string | null) => {
    const found = findNode(graph, target);
    return found ? text(titleOf(found, components)) : t("goes_nowhere");
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
        <span className="mono faint">{id}</span>
      </button>
      <span className="outline-ways">
        {outcomesOf(node, components, verified).map((outcome) => (
          <span key={outcome.id} className="outline-way" data-polarity={outcome.polarity}>
            <PortShape polarity={outcome.polarity} />
            {text(outcome.label) || outcome.id}
            <span className="faint">→ {title(targetOf(graph, id, outcome.id))}</span>
          </span>
        ))}
      </span>
    </li>
  );
}
