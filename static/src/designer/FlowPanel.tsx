/** Nothing selected: the flow itself, its size, its limits, its versions. */

import type { Json } from "../flow/model";
import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Field } from "../ui/Field";
import { nameOf } from "./data";
import { perform, useDocument } from "./store";
import { texts } from "./texts";

const LIMITS = ["resume_window_s", "max_duration_s"] as const;

export function FlowPanel() {
  const t = useMessages(texts);
  const { flow, history } = useDocument();
  const { graph } = history.now;
  if (!flow) return null;
  const set = (key: string, text: string) => {
    const { [key]: _, ...rest } = graph.settings;
    const value = Number(text);
    const settings: Readonly<Record<string, Json>> = text === "" ? rest : { ...rest, [key]: value };
    if (!Number.isNaN(value)) perform({ kind: "settings", settings });
  };
  return (
    <div className="inspector-body">
      <h2 className="inspector-title">{flow.name}</h2>
      {flow.summary && <p className="soft">{flow.summary}</p>}
      <p className="faint">
        {t("flow_size", { steps: graph.nodes.length, lines: graph.edges.length })}
      </p>
      {LIMITS.map((key) => (
        <Field key={key} label={t(key)} help={t(`${key}_help`)}>
          {(control) => (
            <span className="with-unit">
              <input
                {...control}
                type="number"
                min={0}
                className="input num"
                value={typeof graph.settings[key] === "number" ? graph.settings[key] : ""}
                onChange={(event) => set(key, event.currentTarget.value)}
              />
              <span className="faint">s</span>
            </span>
          )}
        </Field>
      ))}
      <Versions />
      <section>
        <h3 className="field-label">{t("keys")}</h3>
        <dl className="key-list">
          {(["search", "undo", "redo", "copy", "paste", "delete"] as const).map((key) => (
            <div key={key}>
              <dt>{t(`key_${key}`)}</dt>
              <dd>
                <kbd>{KEYS[key]}</kbd>
              </dd>
            </div>
          ))}
        </dl>
      </section>
    </div>
  );
}

const KEYS = {
  search: "/",
  undo: "Ctrl Z",
  redo: "Ctrl Y",
  copy: "Ctrl C",
  paste: "Ctrl V",
  delete: "Del",
} as const;

function Versions() {
  const t = useMessages(texts);
  const locale = useLocale();
  const versions = useDocument((document) => document.flow?.versions ?? []);
  if (versions.length === 0) return null;
  return (
    <section>
      <h3 className="field-label">{t("versions")}</h3>
      <ul className="version-list">
        {[...versions].reverse().map((version) => (
          <li key={version.number}>
            <b className="num">{t("version", { number: version.number })}</b>
            <span className="faint">
              {nameOf(version.published_by)} ·{" "}
              {new Date(version.published_at).toLocaleString(locale, {
                dateStyle: "medium",
                timeStyle: "short",
              })}
            </span>
            <span className="mono faint">{version.hash.slice(0, 12)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
