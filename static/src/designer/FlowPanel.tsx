/** Nothing selected: the flow itself, its size, languages, limits, interruptions, variables and versions. */

import { ChevronRight, Unplug, Variable } from "lucide-react";
import type { ReactNode } from "react";
import { type Json, localesOf } from "../flow/model";
import { LOCALE_NAMES, LOCALES, type Locale, useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Field } from "../ui/Field";
import { nameOf } from "./data";
import { FlowMedia } from "./MediaForm";
import { perform, useDocument } from "./store";
import { texts } from "./texts";
import { look } from "./view";

const LIMITS = ["resume_window_s", "max_duration_s", "sla_s"] as const;
const POLICIES = ["resume", "fresh_session"] as const;

export function FlowPanel() {
  const t = useMessages(texts);
  const flow = useDocument((document) => document.flow);
  const graph = useDocument((document) => document.history.now.graph);
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
      <Languages />
      <DropPolicy />
      {LIMITS.filter((key) => key !== "resume_window_s" || !isAnew(graph.settings)).map((key) => (
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
      <FlowMedia />
      <section className="flow-more">
        <MoreButton
          icon={<Unplug size={14} />}
          label={t("interruptions")}
          n={graph.boundaries.length}
          onClick={() => look({ strip: "interruptions" })}
        />
        <MoreButton
          icon={<Variable size={14} />}
          label={t("own_variables_long")}
          n={graph.variables.length}
          onClick={() => look({ strip: "variables" })}
        />
      </section>
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

const isAnew = (settings: Readonly<Record<string, Json>>): boolean =>
  settings.drop_policy === "fresh_session";

/** Whether a customer who dropped comes back, or begins anew by the same link. */
function DropPolicy() {
  const t = useMessages(texts);
  const settings = useDocument((document) => document.history.now.graph.settings);
  const chosen = isAnew(settings) ? "fresh_session" : "resume";
  const choose = (policy: string) => {
    const { drop_policy: _, ...rest } = settings;
    const changed = policy === "resume" ? rest : { ...rest, drop_policy: policy };
    perform({ kind: "settings", settings: changed });
  };
  return (
    <Field label={t("drop_policy")} help={t(`drop_policy_${chosen}_help`)}>
      {(control) => (
        <select
          {...control}
          className="input"
          value={chosen}
          onChange={(event) => choose(event.currentTarget.value)}
        >
          {POLICIES.map((one) => (
            <option key={one} value={one}>
              {t(`drop_policy_${one}`)}
            </option>
          ))}
        </select>
      )}
    </Field>
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

/** English is always there; a text may have a translation in each further language. */
function Languages() {
  const t = useMessages(texts);
  const settings = useDocument((document) => document.history.now.graph.settings);
  const chosen = localesOf(settings);
  const toggle = (locale: Locale) => {
    const locales = LOCALES.filter((one) => chosen.includes(one) !== (one === locale));
    perform({ kind: "settings", settings: { ...settings, locales } });
  };
  return (
    <fieldset className="field">
      <legend className="field-label">{t("languages")}</legend>
      <span className="chips">
        {LOCALES.map((locale) => (
          <button
            key={locale}
            type="button"
            className="chip"
            lang={locale}
            aria-pressed={chosen.includes(locale)}
            disabled={locale === "en"}
            onClick={() => toggle(locale)}
          >
            {LOCALE_NAMES[locale]}
          </button>
        ))}
      </span>
      <p className="field-help">{t("languages_help")}</p>
    </fieldset>
  );
}

interface MoreButtonProps {
  readonly icon: ReactNode;
  readonly label: string;
  readonly n: number;
  readonly onClick: () => void;
}

function MoreButton({ icon, label, n, onClick }: MoreButtonProps) {
  return (
    <button type="button" className="flow-more-row" onClick={onClick}>
      {icon}
      <span className="grow">{label}</span>
      <span className="num faint">{n}</span>
      <ChevronRight size={14} aria-hidden />
    </button>
  );
}

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
