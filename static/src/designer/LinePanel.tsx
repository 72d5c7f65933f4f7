/** The selected line: from, to, what it means; insert a step or cut it. */

import { Plus, Unlink } from "lucide-react";
import type { Connection } from "../flow/commands";
import { findNode, targetOf } from "../flow/model";
import { useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { outcomesOf, titleOf } from "./derive";
import { removeSelected } from "./editing";
import { PortShape } from "./signs";
import { useDocument } from "./store";
import { texts } from "./texts";
import { look } from "./view";

export function LinePanel({ edge }: { readonly edge: Connection }) {
  const t = useMessages(texts);
  const text = useLocalText();
  const { history, components, verified } = useDocument();
  const { graph } = history.now;
  const [source, target] = [
    findNode(graph, edge.from),
    findNode(graph, targetOf(graph, edge.from, edge.outcome)),
  ];
  if (!source || !target) return null;
  const outcome = outcomesOf(source, components, verified).find((one) => one.id === edge.outcome);
  return (
    <div className="inspector-body">
      <h2 className="inspector-title">{t("line")}</h2>
      <p className="line-panel">
        {text(titleOf(source, components))}
        <span className="outcome-head" data-polarity={outcome?.polarity ?? "neutral"}>
          <PortShape polarity={outcome?.polarity ?? "neutral"} />
          {text(outcome?.label) || edge.outcome}
        </span>
        {text(titleOf(target, components))}
      </p>
      <div className="button-row">
        <Button icon={<Plus size={14} />} onClick={() => look({ pick: { kind: "on", edge } })}>
          {t("insert_here")}
        </Button>
        <Button kind="danger" icon={<Unlink size={14} />} onClick={removeSelected}>
          {t("disconnect")}
        </Button>
      </div>
    </div>
  );
}
