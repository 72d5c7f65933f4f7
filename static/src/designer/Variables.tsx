/** Every variable of the flow: its own, which are written here, and what steps set. */

import { Plus } from "lucide-react";
import { useMemo } from "react";
import { findNode, type Variable } from "../flow/model";
import { useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { titleOf } from "./derive";
import { perform, useDocument } from "./store";
import { texts } from "./texts";
import { VariableRow } from "./VariableRow";
import { selectNode } from "./view";

export function Variables() {
  const t = useMessages(texts);
  return (
    <div className="variables-tab">
      <section>
        <h3 className="field-label">{t("own_variables")}</h3>
        <OwnVariables />
      </section>
      <section>
        <h3 className="field-label">{t("step_variables")}</h3>
        <StepVariables />
      </section>
    </div>
  );
}

function OwnVariables() {
  const t = useMessages(texts);
  const own = useDocument((document) => document.history.now.graph.variables);
  const put = (variables: readonly Variable[], typing?: string) =>
    perform({ kind: "variables", variables, ...(typing ? { typing } : {}) });
  const add = () => {
    const taken = new Set(own.map((one) => one.name));
    const free = Array.from({ length: own.length + 1 }, (_, n) => `value_${n + 1}`);
    const name = free.find((one) => !taken.has(one)) ?? "value";
    put([...own, { name, type: "string", privacy: "none", initial: null }]);
  };
  return (
    <>
      <ul className="own-variables">
        {own.map((variable, index) => (
          <VariableRow
            // biome-ignore lint/suspicious/noArrayIndexKey: the name is what the row changes
            key={index}
            variable={variable}
            taken={own.filter((one) => one !== variable).map((one) => one.name)}
            onChange={(change, typing) =>
              put(
                own.map((one) => (one === variable ? { ...one, ...change } : one)),
                typing && `${index} ${typing}`,
              )
            }
            onRemove={() => put(own.filter((one) => one !== variable))}
          />
        ))}
      </ul>
      <Button size="small" icon={<Plus size={14} />} onClick={add}>
        {t("add_variable")}
      </Button>
    </>
  );
}

function StepVariables() {
  const t = useMessages(texts);
  const text = useLocalText();
  const graph = useDocument((document) => document.history.now.graph);
  const components = useDocument((document) => document.components);
  const verified = useDocument((document) => document.verified);
  const written = useMemo(
    () =>
      Object.entries(verified?.outputs ?? {}).flatMap(([node, list]) =>
        list.map((variable) => ({ variable, node })),
      ),
    [verified],
  );
  if (written.length === 0) return <p className="faint">{t("no_variables")}</p>;
  return (
    <ul className="variables">
      {written.map(({ variable, node }) => {
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
