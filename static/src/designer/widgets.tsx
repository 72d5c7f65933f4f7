/** The single inputs of the config form. Each writes JSON; an emptied optional input takes the setting away. */

import { useId } from "react";
import { type Json, type LocalText, localesOf } from "../flow/model";
import { LOCALES, type Locale, useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import type { ControlProps } from "../ui/Field";
import type { InputProps } from "./inputs";
import { choicesOf, labelOf } from "./schema";
import { useDocument } from "./store";
import { texts } from "./texts";

interface BoxedProps extends InputProps {
  readonly box: ControlProps;
}

const SHORT: Readonly<Record<Locale, string>> = { en: "EN", "zh-Hans": "中" };

export interface LocalTextInputProps extends BoxedProps {
  /** What stands for a text that was never written. */
  readonly usual?: LocalText;
}

/** One line, or a text, per language of the flow; a missing one is said, because customers would read English. */
export function LocalTextInput({ schema, value, onChange, box, usual }: LocalTextInputProps) {
  const t = useMessages(texts);
  const settings = useDocument((document) => document.history.now.graph.settings);
  const spoken = localesOf(settings);
  const written = (typeof value === "object" && value !== null ? value : {}) as LocalText;
  const write = (locale: Locale, text: string) => {
    const { [locale]: _, ...others } = written;
    onChange(text === "" && locale !== "en" ? others : { ...written, [locale]: text });
  };
  const isWritten = Object.values(written).some((text) => text !== "");
  const hint = (locale: Locale) => {
    if (!isWritten && usual) return usual[locale] ?? usual.en;
    return locale === "en" ? "" : t("not_translated");
  };
  const Tag = schema["x-multiline"] ? "textarea" : "input";
  return (
    <div className="localtext">
      {LOCALES.filter((locale) => spoken.includes(locale) || written[locale]).map((locale) => (
        <div key={locale} className="localtext-line">
          <span aria-hidden>{SHORT[locale]}</span>
          <Tag
            {...box}
            id={locale === "en" ? box.id : `${box.id}-${locale}`}
            lang={locale}
            className="input"
            aria-label={locale === "en" ? undefined : t("in_chinese")}
            value={written[locale] ?? ""}
            placeholder={hint(locale)}
            maxLength={schema.maxLength}
            {...(Tag === "textarea" ? { rows: 4 } : {})}
            onChange={(event) => write(locale, event.currentTarget.value)}
          />
        </div>
      ))}
    </div>
  );
}

export function NumberInput({ schema, value, onChange, box }: BoxedProps) {
  const write = (text: string) => {
    const number = Number(text);
    if (text === "" || !Number.isNaN(number)) onChange(text === "" ? undefined : number);
  };
  return (
    <span className="with-unit">
      <input
        {...box}
        type="number"
        className="input num"
        value={typeof value === "number" ? value : ""}
        min={schema.minimum}
        max={schema.maximum}
        step={schema.type === "integer" ? 1 : "any"}
        onChange={(event) => write(event.currentTarget.value)}
      />
      {schema["x-unit"] && <span className="faint">{schema["x-unit"]}</span>}
    </span>
  );
}

export function TextInput({ schema, value, onChange, box }: BoxedProps) {
  const Tag = schema["x-multiline"] ? "textarea" : "input";
  return (
    <Tag
      {...box}
      className="input"
      value={typeof value === "string" ? value : ""}
      maxLength={schema.maxLength}
      {...(Tag === "textarea" ? { rows: 4 } : {})}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

/** CEL; the server type-checks it with the rest of the graph and its word appears below. */
export function ExpressionInput({ schema, value, onChange, box }: BoxedProps) {
  const t = useMessages(texts);
  const names = useVariableNames();
  return (
    <>
      <textarea
        {...box}
        className="input mono expression"
        rows={2}
        spellCheck={false}
        autoCapitalize="off"
        value={typeof value === "string" ? value : ""}
        maxLength={schema.maxLength}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      {names.length > 0 && (
        <select
          className="input expression-add"
          data-size="small"
          aria-label={t("insert_variable")}
          value=""
          onChange={(event) => onChange(joined(value, event.currentTarget.value))}
        >
          <option value="">{t("insert_variable")}</option>
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
    </>
  );
}

function joined(value: Json | undefined, name: string): string {
  const before = typeof value === "string" ? value : "";
  return before === "" || before.endsWith(" ") || before.endsWith("(")
    ? before + name
    : `${before} ${name}`;
}

export function useVariableNames(): readonly string[] {
  const declared = useDocument((document) => document.history.now.graph.variables);
  const verified = useDocument((document) => document.verified);
  const written = Object.values(verified?.outputs ?? {}).flatMap((list) =>
    list.map((variable) => variable.name),
  );
  return [...new Set([...declared.map((variable) => variable.name), ...written])].sort();
}

export function VariableInput({ value, onChange, box }: BoxedProps) {
  const list = useId();
  const names = useVariableNames();
  return (
    <>
      <input
        {...box}
        className="input mono"
        list={list}
        value={typeof value === "string" ? value : ""}
        onChange={(event) => onChange(event.currentTarget.value || undefined)}
      />
      <datalist id={list}>
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  );
}

export function ChipsInput({ schema, value, onChange }: InputProps) {
  const locale = useLocale();
  const chosen = Array.isArray(value) ? (value as readonly Json[]) : [];
  const toggle = (one: Json) =>
    onChange(chosen.includes(one) ? chosen.filter((other) => other !== one) : [...chosen, one]);
  return (
    <span className="chips">
      {choicesOf(schema.items ?? {}).map((choice) => (
        <button
          key={String(choice.value)}
          type="button"
          className="chip"
          aria-pressed={chosen.includes(choice.value)}
          onClick={() => toggle(choice.value)}
        >
          {labelOf(choice.schema, String(choice.value), locale)}
        </button>
      ))}
    </span>
  );
}

/** A list of words or sentences, one on a line. */
export function LinesInput({ schema, value, onChange, box }: BoxedProps) {
  const t = useMessages(texts);
  const lines = Array.isArray(value) ? value.map(String) : [];
  return (
    <textarea
      {...box}
      className="input"
      rows={Math.min(6, Math.max(2, lines.length + 1))}
      placeholder={t("one_per_line")}
      value={lines.join("\n")}
      onChange={(event) => onChange(linesOf(event.currentTarget.value, schema.maxItems))}
      onBlur={() => onChange(lines.map((line) => line.trim()).filter((line) => line !== ""))}
    />
  );
}

function linesOf(text: string, most = 1_000): string[] {
  return text === "" ? [] : text.split("\n").slice(0, most);
}
