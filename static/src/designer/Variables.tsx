/** Every variable the flow can set, where it comes from and how private it is. */

import { useMemo } from "react";
import { findNode, type Variable } from "../flow/model";
import { useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Badge } from "../ui/Badge";
import { titleOf } from "./derive";
import { useDocument } from "./store";
import { texts } from "./texts";
import { selectNode } from "./view";

interface Written {
  readonly variable: Variable;
  readonly node: string | null;
}

export function Variables() {
  const t = useMessages(texts);
  const text = useLocalText();
  const { history, components, verified } = useDocument();
  const { graph } = history.now;
  const all = useMemo((): readonly Written[] => {
    const written = Object.entries(verified?.outputs ?? {}).flatMap(([node, list]) =>
      list.map((variable) => ({ variable, node })),
    );
    return [...graph.variables.map((variable) => ({ variable, node: null })), ...written];
  }, [graph.variables, verified]);
  if (all.length === 0) return <p className="strip-calm">{t("no_variables")}</p>;
  return (
    <ul className="variables">
      {all.map(({ variable, node }) => {
        const source = findNode(graph, node);
        return (
          <li key={`${node} ${variable.name}`}>
            <span className="mono">{variable.name}</span>
            <span className="faint">{t(`type_${variable.type}`)}</span>
            <PrivacyBadge variable={variable} />
            {source && (
              <button type="button" onClick={() => selectNode(source.id, "data")}>
                {t("set_by", { step: text(titleOf(source, components)) })}
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}

export function PrivacyBadge({ variable }: { readonly variable: Variable }) {
  const t = useMessages(texts);
  if (variable.privacy === "none") return null;
  return (
    <Badge tone={variable.privacy === "personal" ? "neutral" : "warning"}>
      {t(`privacy_${variable.privacy}`)}
    </Badge>
  );
}
