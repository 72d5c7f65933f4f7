/** A list of small forms: fields of a form, cases of a branch, phrases of a script. Items open one at a time. */

import { ArrowDown, ArrowUp, ChevronDown, ChevronRight, Plus, Trash2 } from "lucide-react";
import { type ComponentType, useState } from "react";
import type { Json, JsonObject } from "../flow/model";
import { pickText, useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Button, IconButton } from "../ui/Button";
import { type InputProps, withKey } from "./inputs";
import { blank, labelOf, type Schema } from "./schema";
import { texts } from "./texts";

const FIRST_NAMES = ["id", "name", "value"];

interface ListInputProps extends InputProps {
  /** Draws one setting of an item; handed in, because it may draw lists itself. */
  readonly Item: ComponentType<InputProps>;
}

export function ListInput({ schema, name, at, value, onChange, Item }: ListInputProps) {
  const t = useMessages(texts);
  const locale = useLocale();
  const items = (Array.isArray(value) ? value : []) as readonly JsonObject[];
  const [open, setOpen] = useState<number | null>(null);
  const itemSchema = schema.items ?? {};
  const put = (index: number, item: JsonObject) =>
    onChange(items.map((one, place) => (place === index ? item : one)));
  const add = () => {
    onChange([...items, unique(blank(itemSchema) as JsonObject, items, itemSchema)]);
    setOpen(items.length);
  };
  const move = (from: number, to: number) => {
    onChange(moved(items, from, to));
    setOpen(to);
  };
  return (
    <fieldset className="list-input" data-field={at}>
      <legend className="field-label">{labelOf(schema, name, locale)}</legend>
      <ol>
        {items.map((item, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: items have no identity but their place
          <li key={index} data-open={open === index || undefined}>
            <div className="list-head">
              <button
                type="button"
                aria-expanded={open === index}
                onClick={() => setOpen(open === index ? null : index)}
              >
                {open === index ? (
                  <ChevronDown size={12} aria-hidden />
                ) : (
                  <ChevronRight size={12} aria-hidden />
                )}
                <span>{headOf(item, locale) || t("item", { n: index + 1 })}</span>
              </button>
              <IconButton
                size="small"
                label={t("move_up")}
                disabled={index === 0}
                onClick={() => move(index, index - 1)}
              >
                <ArrowUp size={13} />
              </IconButton>
              <IconButton
                size="small"
                label={t("move_down")}
                disabled={index === items.length - 1}
                onClick={() => move(index, index + 1)}
              >
                <ArrowDown size={13} />
              </IconButton>
              <IconButton
                size="small"
                label={t("remove")}
                onClick={() => onChange(items.filter((_, place) => place !== index))}
              >
                <Trash2 size={13} />
              </IconButton>
            </div>
            {open === index && (
              <ItemForm
                Item={Item}
                schema={itemSchema}
                item={item}
                at={`${at}/${index}`}
                onChange={(next) => put(index, next)}
              />
            )}
          </li>
        ))}
      </ol>
      <Button
        size="small"
        icon={<Plus size={13} />}
        disabled={items.length >= (schema.maxItems ?? 200)}
        onClick={add}
      >
        {t("add")}
      </Button>
    </fieldset>
  );
}

interface ItemFormProps {
  readonly Item: ComponentType<InputProps>;
  readonly schema: Schema;
  readonly item: JsonObject;
  readonly at: string;
  readonly onChange: (item: JsonObject) => void;
}

function ItemForm({ Item, schema, item, at, onChange }: ItemFormProps) {
  return (
    <div className="list-form">
      {Object.entries(schema.properties ?? {}).map(([key, inner]) => (
        <Item
          key={key}
          name={key}
          schema={inner}
          at={`${at}/${key}`}
          value={item[key]}
          onChange={(next: Json | undefined) => onChange(withKey(item, key, next))}
        />
      ))}
    </div>
  );
}

/** What a business reader would call the item: its label, else its text, else its name. */
function headOf(item: JsonObject, locale: Parameters<typeof pickText>[1]): string {
  const text = item.label ?? item.text ?? item.title ?? item.name ?? item.id;
  if (typeof text === "object" && text !== null)
    return pickText(text as Readonly<Record<string, string>>, locale);
  return typeof text === "string" ? text : "";
}

function moved<Item>(items: readonly Item[], from: number, to: number): Item[] {
  const rest = items.filter((_, index) => index !== from);
  const item = items[from];
  return item === undefined ? rest : [...rest.slice(0, to), item, ...rest.slice(to)];
}

/** A new item's name must differ from the others': `field_2`. */
function unique(item: JsonObject, items: readonly JsonObject[], schema: Schema): JsonObject {
  const key = FIRST_NAMES.find((name) => schema.properties?.[name]?.type === "string");
  if (!key || item[key] !== "") return item;
  const taken = new Set(items.map((one) => one[key]));
  let n = items.length + 1;
  while (taken.has(`item_${n}`)) n += 1;
  return { ...item, [key]: `item_${n}` };
}
