/** The form of a node's settings, drawn from the component's schema. No code is generated: it runs under a strict CSP. */

import { createContext, type ReactNode, useContext } from "react";
import type { Json, JsonObject, LocalText } from "../flow/model";
import { pickText, useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { type ControlProps, Field } from "../ui/Field";
import { Segments, Switch } from "../ui/Switch";
import type { Finding } from "./data";
import { FlowInput } from "./FlowInput";
import { type InputProps, withKey } from "./inputs";
import { ListInput } from "./ListInput";
import {
  type Choice,
  choicesOf,
  controlOf,
  findingAt,
  helpOf,
  labelOf,
  type Schema,
  shownProperties,
} from "./schema";
import { texts } from "./texts";
import {
  ChipsInput,
  ExpressionInput,
  LinesInput,
  LocalTextInput,
  NumberInput,
  TextInput,
  VariableInput,
} from "./widgets";

const Findings = createContext<readonly Finding[]>([]);

export interface ConfigFormProps {
  readonly schema: Schema;
  readonly config: JsonObject;
  readonly findings: readonly Finding[];
  /** Where the settings stand, as findings point at them: "" for the config of a step. */
  readonly at?: string;
  readonly onChange: (key: string, value: Json | undefined) => void;
}

export function ConfigForm({ schema, config, findings, at = "", onChange }: ConfigFormProps) {
  const t = useMessages(texts);
  const properties = shownProperties(schema);
  if (properties.length === 0) return <p className="faint">{t("nothing_to_set")}</p>;
  return (
    <Findings.Provider value={findings}>
      <div className="config-form">
        {properties.map(([name, inner]) => (
          <SchemaInput
            key={name}
            name={name}
            schema={inner}
            at={`${at}/${name}`}
            value={config[name]}
            onChange={(value) => onChange(name, value)}
          />
        ))}
      </div>
    </Findings.Provider>
  );
}

export function SchemaInput(props: InputProps): ReactNode {
  const control = controlOf(props.schema);
  switch (control) {
    case "switch":
      return <SwitchRow {...props} />;
    case "group":
      return <Group {...props} />;
    case "list":
      return <ListInput {...props} Item={SchemaInput} />;
    case "choice":
      return <ChoiceRow {...props} />;
    case "chips":
      return <Labelled {...props}>{() => <ChipsInput {...props} />}</Labelled>;
    case "localtext":
      return <Labelled {...props}>{(box) => <LocalTextInput {...props} box={box} />}</Labelled>;
    case "number":
      return <Labelled {...props}>{(box) => <NumberInput {...props} box={box} />}</Labelled>;
    case "flow":
      return <Labelled {...props}>{(box) => <FlowInput {...props} box={box} />}</Labelled>;
    case "expression":
      return <Labelled {...props}>{(box) => <ExpressionInput {...props} box={box} />}</Labelled>;
    case "variable":
      return <Labelled {...props}>{(box) => <VariableInput {...props} box={box} />}</Labelled>;
    case "lines":
      return <Labelled {...props}>{(box) => <LinesInput {...props} box={box} />}</Labelled>;
    case "textarea":
    case "text":
      return <Labelled {...props}>{(box) => <TextInput {...props} box={box} />}</Labelled>;
    default:
      return unknown(control);
  }
}

function unknown(control: never): never {
  throw new Error(`unknown control ${String(control)}`);
}

function useFinding(at: string, isLeaf = true): string | undefined {
  const locale = useLocale();
  const message: LocalText | undefined = findingAt(useContext(Findings), at, isLeaf);
  return message && pickText(message, locale);
}

function Labelled({
  schema,
  name,
  at,
  children,
}: InputProps & { readonly children: (box: ControlProps) => ReactNode }) {
  const locale = useLocale();
  const help = helpOf(schema, locale);
  return (
    <div data-field={at}>
      <Field
        label={labelOf(schema, name, locale)}
        error={useFinding(at)}
        {...(help ? { help } : {})}
      >
        {children}
      </Field>
    </div>
  );
}

function SwitchRow({ schema, name, at, value, onChange }: InputProps) {
  const locale = useLocale();
  return (
    <div className="field-row" data-field={at}>
      <Switch label={labelOf(schema, name, locale)} checked={value === true} onChange={onChange} />
      <ChoiceError at={at} />
    </div>
  );
}

function Group({ schema, name, at, value, onChange }: InputProps) {
  const locale = useLocale();
  const inner = (
    typeof value === "object" && value !== null && !Array.isArray(value) ? value : {}
  ) as JsonObject;
  return (
    <fieldset className="field-group" data-field={at}>
      <legend className="field-label">{labelOf(schema, name, locale)}</legend>
      {Object.entries(schema.properties ?? {}).map(([key, property]) => (
        <SchemaInput
          key={key}
          name={key}
          schema={property}
          at={`${at}/${key}`}
          value={inner[key]}
          onChange={(next) => onChange(withKey(inner, key, next))}
        />
      ))}
    </fieldset>
  );
}

const SEGMENTS_CHARS = 26;

/** Two to four short words stand side by side; anything longer is a list. */
function ChoiceRow(props: InputProps) {
  const locale = useLocale();
  const { schema, name, at, value, onChange } = props;
  const options = choicesOf(schema).map((choice) => ({
    value: String(choice.value),
    label: labelOf(choice.schema, String(choice.value), locale),
  }));
  const chars = options.reduce((sum, option) => sum + option.label.length, 0);
  if (options.length === 1) return null;
  if (options.length <= 4 && chars <= SEGMENTS_CHARS) {
    return (
      <div className="field" data-field={at}>
        <span className="field-label">{labelOf(schema, name, locale)}</span>
        <Segments
          label={labelOf(schema, name, locale)}
          value={String(value)}
          options={options}
          onChange={(next) => onChange(choiceOf(schema, next))}
        />
        <ChoiceError at={at} />
      </div>
    );
  }
  return (
    <Labelled {...props}>
      {(box) => <SelectInput {...props} box={box} options={options} />}
    </Labelled>
  );
}

function ChoiceError({ at }: { readonly at: string }) {
  const error = useFinding(at);
  return error ? <p className="field-error">{error}</p> : null;
}

function choiceOf(schema: Schema, text: string): Json | undefined {
  return choicesOf(schema).find((choice: Choice) => String(choice.value) === text)?.value;
}

interface SelectProps extends InputProps {
  readonly box: ControlProps;
  readonly options: readonly { readonly value: string; readonly label: string }[];
}

function SelectInput({ schema, value, onChange, box, options }: SelectProps) {
  return (
    <select
      {...box}
      className="input"
      value={value === undefined ? "" : String(value)}
      onChange={(event) => onChange(choiceOf(schema, event.currentTarget.value))}
    >
      <option value="">—</option>
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}
