/** What a node writes, and which variables its settings read. */

import type { FlowNode, Variable } from "../flow/model";
import { useMessages } from "../i18n/messages";
import { useDocument } from "./store";
import { texts } from "./texts";
import { PrivacyBadge } from "./Variables";
import { useVariableNames } from "./widgets";

export function DataTab({ node }: { readonly node: FlowNode }) {
  const t = useMessages(texts);
  const verified = useDocument((document) => document.verified);
  const components = useDocument((document) => document.components);
  const names = useVariableNames();
  const written: readonly Variable[] =
    verified?.outputs[node.id] ?? components.get(node.component)?.outputs ?? [];
  const settings = JSON.stringify(node.config);
  const read = names.filter((name) =>
    new RegExp(`(?<![\\w.])${name.replaceAll(".", "\\.")}(?![\\w.])`).test(settings),
  );
  return (
    <div className="inspector-body">
      <section>
        <h3 className="field-label">{t("writes")}</h3>
        {written.length === 0 && <p className="faint">{t("writes_nothing")}</p>}
        <ul className="data-list">
          {written.map((variable) => (
            <li key={variable.name}>
              <span className="mono">{variable.name}</span>
              <span className="faint">{t(`type_${variable.type}`)}</span>
              <PrivacyBadge variable={variable} />
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h3 className="field-label">{t("reads")}</h3>
        {read.length === 0 && <p className="faint">{t("reads_nothing")}</p>}
        <ul className="data-list">
          {read.map((name) => (
            <li key={name}>
              <span className="mono">{name}</span>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}
