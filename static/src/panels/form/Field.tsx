/** One field with its label, help, error and the sign of who else is in it. */

import { useId } from "react";
import { type Locale, pickText } from "../../i18n/locale";
import { translate } from "../../i18n/messages";
import type { FormField } from "../contracts";
import { texts } from "./texts";

export interface FieldProps {
  readonly field: FormField;
  readonly locale: Locale;
  readonly text: string;
  /** A word of `FormData.errors`. */
  readonly error: string | undefined;
  /** Roles of the others who are in this field. */
  readonly visitors: readonly string[];
  readonly onFocus: () => void;
  readonly onBlur: () => void;
  readonly onEdit: (text: string) => void;
}

const TYPES = { text: "text", number: "text", date: "date", phone: "tel", email: "email" } as const;
const MODES = { text: "text", number: "decimal", phone: "tel", email: "email" } as const;
const KNOWN = [
  "required",
  "type",
  "option",
  "too_short",
  "too_long",
  "too_small",
  "too_large",
  "format",
] as const;
type Known = (typeof KNOWN)[number];

export function Field(props: FieldProps) {
  const { field, locale, error, visitors } = props;
  const t = translate(texts, locale);
  const id = useId();
  const help = pickText(field.help, locale);
  const word = KNOWN.find((one): one is Known => one === error) ?? "type";
  const visitor = visitors.find((one) => one === "customer" || one === "agent");
  return (
    <div className="p-field" data-type={field.type} data-visited={visitors.length > 0 || undefined}>
      <label htmlFor={id}>
        {pickText(field.label, locale)}
        {!field.required && field.editable && <span> · {t("optional")}</span>}
        {field.masked && <span> · {t("masked")}</span>}
      </label>
      <Control {...props} id={id} describedBy={`${id}-more`} />
      <div id={`${id}-more`} className="p-field-more">
        {error !== undefined && (
          <span className="p-field-error" role="alert">
            {t(word)}
          </span>
        )}
        {error === undefined && help !== "" && <span>{help}</span>}
        {visitor !== undefined && (
          <span className="p-visitor" role="status">
            {t(visitor === "agent" ? "agent" : "customer")}
          </span>
        )}
      </div>
    </div>
  );
}

type ControlProps = FieldProps & { readonly id: string; readonly describedBy: string };

function Control(props: ControlProps) {
  const { field, text, error, onFocus, onBlur, onEdit, id, describedBy } = props;
  if (!field.editable) {
    return (
      <output id={id} className="p-fixed" aria-describedby={describedBy}>
        {shownFixed(props) || "–"}
      </output>
    );
  }
  const common = {
    id,
    onFocus,
    onBlur,
    "aria-describedby": describedBy,
    "aria-invalid": error !== undefined || undefined,
    "aria-required": field.required || undefined,
  };
  if (field.type === "choice") return <Choice {...props} common={common} />;
  if (field.type === "bool") {
    return (
      <input
        {...common}
        className="p-check"
        type="checkbox"
        checked={text === "true"}
        onChange={(event) => onEdit(String(event.currentTarget.checked))}
      />
    );
  }
  return (
    <input
      {...common}
      className="p-input"
      type={TYPES[field.type]}
      inputMode={field.type === "date" ? undefined : MODES[field.type]}
      autoComplete="off"
      spellCheck={false}
      value={text}
      onInput={(event) => onEdit(event.currentTarget.value)}
      onChange={ignore}
    />
  );
}

/** React wants a change handler beside a value; `onInput` is the event both libraries agree on. */
function ignore(): void {}

function Choice({ field, text, onEdit, locale, common }: ControlProps & { common: object }) {
  const t = translate(texts, locale);
  const options = field.options.map((one) => ({ ...one, label: pickText(one.label, locale) }));
  return (
    <select
      {...common}
      className="p-input"
      value={text}
      onChange={(event) => onEdit(event.currentTarget.value)}
    >
      <option value="">{t("choose")}</option>
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

function shownFixed({ field, text, locale }: ControlProps): string {
  const t = translate(texts, locale);
  if (field.type === "bool" && text !== "") return t(text === "true" ? "yes" : "no");
  const option = field.options.find((one) => one.value === text);
  return option ? pickText(option.label, locale) : text;
}
