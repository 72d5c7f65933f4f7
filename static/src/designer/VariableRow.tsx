/** One of the flow's own variables: name, kind, privacy, and the value a run begins with. */

import { CircleAlert, Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import type { Json, Privacy, ValueType, Variable } from "../flow/model";
import { useMessages } from "../i18n/messages";
import { IconButton } from "../ui/Button";
import { texts } from "./texts";

const TYPES: readonly ValueType[] = ["string", "int", "number", "bool", "list", "object"];
const PRIVACIES: readonly Privacy[] = ["none", "personal", "special", "secret"];
/** As the server reads names. */
const NAME = /^[a-z][a-z0-9_]{0,63}(\.[a-z0-9_]{1,64}){0,7}$/;

export interface VariableRowProps {
  readonly variable: Variable;
  readonly taken: readonly string[];
  /** `typing` names the input whose key presses belong together. */
  readonly onChange: (change: Partial<Variable>, typing?: string) => void;
  readonly onRemove: () => void;
}

export function VariableRow({ variable, taken, onChange, onRemove }: VariableRowProps) {
  const t = useMessages(texts);
  const { name, type, privacy } = variable;
  return (
    <li className="own-variable">
      <NameInput
        key={name}
        name={name}
        taken={taken}
        onRename={(next) => onChange({ name: next })}
      />
      <select
        className="input"
        data-size="small"
        aria-label={t("variable_type")}
        value={type}
        onChange={(event) =>
          onChange({ type: event.currentTarget.value as ValueType, initial: null })
        }
      >
        {TYPES.map((one) => (
          <option key={one} value={one}>
            {t(`type_${one}`)}
          </option>
        ))}
      </select>
      <select
        className="input"
        data-size="small"
        aria-label={t("variable_privacy")}
        value={privacy}
        onChange={(event) => onChange({ privacy: event.currentTarget.value as Privacy })}
      >
        {PRIVACIES.map((one) => (
          <option key={one} value={one}>
            {t(`privacy_${one}`)}
          </option>
        ))}
      </select>
      <InitialInput variable={variable} onChange={(initial) => onChange({ initial }, "initial")} />
      <IconButton size="small" label={t("remove_variable", { name })} onClick={onRemove}>
        <Trash2 size={14} />
      </IconButton>
    </li>
  );
}

interface NameInputProps {
  readonly name: string;
  readonly taken: readonly string[];
  readonly onRename: (name: string) => void;
}

/** A name is put into the flow when it is whole: half of one would be refused. */
function NameInput({ name, taken, onRename }: NameInputProps) {
  const t = useMessages(texts);
  const [text, setText] = useState(name);
  useEffect(() => setText(name), [name]);
  const fault = faultOf(text, taken);
  const leave = () => {
    if (fault === null && text !== name) onRename(text);
  };
  return (
    <span className="own-variable-name">
      <input
        className="input mono"
        data-size="small"
        aria-label={t("variable_name")}
        aria-invalid={fault !== null}
        value={text}
        spellCheck={false}
        autoCapitalize="off"
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={leave}
        onKeyDown={(event) => event.key === "Enter" && leave()}
      />
      {fault && (
        <span className="field-error" role="alert">
          <CircleAlert size={13} aria-hidden />
          {t(fault)}
        </span>
      )}
    </span>
  );
}

function faultOf(
  name: string,
  taken: readonly string[],
): "variable_name_wrong" | "variable_name_taken" | null {
  if (!NAME.test(name)) return "variable_name_wrong";
  return taken.includes(name) ? "variable_name_taken" : null;
}

interface InitialInputProps {
  readonly variable: Variable;
  readonly onChange: (initial: Json) => void;
}

/** Lists and records begin empty; steps fill them. */
function InitialInput({ variable, onChange }: InitialInputProps) {
  const t = useMessages(texts);
  const { name, type, initial } = variable;
  if (type === "list" || type === "object") return <span className="own-variable-initial" />;
  const common = {
    className: "input own-variable-initial",
    "data-size": "small",
    "aria-label": t("variable_initial", { name }),
  };
  if (type === "bool") {
    return (
      <select
        {...common}
        value={typeof initial === "boolean" ? String(initial) : ""}
        onChange={({ currentTarget: { value } }) =>
          onChange(value === "" ? null : value === "true")
        }
      >
        <option value="">{t("unset")}</option>
        <option value="true">{t("yes")}</option>
        <option value="false">{t("no")}</option>
      </select>
    );
  }
  if (type === "string") {
    return (
      <input
        {...common}
        placeholder={t("variable_initial_hint")}
        value={typeof initial === "string" ? initial : ""}
        onChange={(event) => onChange(event.currentTarget.value || null)}
      />
    );
  }
  return (
    <input
      {...common}
      type="number"
      step={type === "int" ? 1 : "any"}
      placeholder={t("variable_initial_hint")}
      value={typeof initial === "number" ? initial : ""}
      onChange={(event) => onChange(numberOf(event.currentTarget.value, type))}
    />
  );
}

function numberOf(text: string, type: ValueType): number | null {
  const number = Number(text);
  if (text === "" || Number.isNaN(number)) return null;
  return type === "int" ? Math.round(number) : number;
}
