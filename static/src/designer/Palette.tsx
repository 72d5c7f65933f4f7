/** What can be put on the canvas: searchable, in groups, by drag, click or Enter. */

import { ChevronDown, ChevronRight, GripVertical, Search } from "lucide-react";
import { type DragEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import { pickText, useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { SvgIcon } from "../ui/SvgIcon";
import type { PaletteComponent, Palette as PaletteData } from "./data";
import { addBeside } from "./editing";
import { Overview } from "./Overview";
import { useDocument } from "./store";
import { texts } from "./texts";

export const DRAG_TYPE = "application/x-counterflow-component";

export function Palette() {
  const t = useMessages(texts);
  const palette = useDocument((document) => document.palette);
  const [query, setQuery] = useState("");
  const box = useRef<HTMLInputElement>(null);
  useSlash(box);
  const found = useFound(palette, query);

  return (
    <aside className="palette" aria-label={t("palette")}>
      <div className="palette-search">
        <Search size={14} aria-hidden />
        <input
          ref={box}
          type="search"
          value={query}
          placeholder={t("search")}
          aria-label={t("search_components")}
          onChange={(event) => setQuery(event.currentTarget.value)}
        />
        <kbd>/</kbd>
      </div>
      <div className="palette-list" data-testid="palette">
        {found.map(({ group, components }) => (
          <Group key={group.id} group={group} components={components} isForced={query !== ""} />
        ))}
        {found.length === 0 && <p className="palette-none">{t("nothing_found")}</p>}
      </div>
      <Overview />
    </aside>
  );
}

function useSlash(box: { readonly current: HTMLInputElement | null }): void {
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (event.key !== "/" || isTyping(event.target)) return;
      event.preventDefault();
      box.current?.focus();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [box]);
}

export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

function useFound(palette: PaletteData, query: string) {
  const locale = useLocale();
  const wanted = query.trim().toLowerCase();
  const matches = (one: PaletteComponent) =>
    [one.key, ...Object.values(one.title), pickText(one.summary, locale)].some((text) =>
      text.toLowerCase().includes(wanted),
    );
  return palette.groups
    .map((group) => ({
      group,
      components: palette.components.filter((one) => one.group === group.id && matches(one)),
    }))
    .filter(({ components }) => components.length > 0);
}

interface GroupProps {
  readonly group: PaletteData["groups"][number];
  readonly components: readonly PaletteComponent[];
  readonly isForced: boolean;
}

function Group({ group, components, isForced }: GroupProps) {
  const locale = useLocale();
  const [isOpen, setOpen] = useState(true);
  const isShown = isOpen || isForced;
  return (
    <section data-group={group.id}>
      <button
        type="button"
        className="palette-group"
        aria-expanded={isShown}
        onClick={() => setOpen(!isOpen)}
      >
        {isShown ? <ChevronDown size={12} aria-hidden /> : <ChevronRight size={12} aria-hidden />}
        <i />
        <b>{pickText(group.title, locale)}</b>
        <span className="num">{components.length}</span>
      </button>
      {isShown && (
        <ul>
          {components.map((component) => (
            <Item key={component.key} component={component} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Item({ component }: { readonly component: PaletteComponent }) {
  const locale = useLocale();
  const onDragStart = (event: DragEvent) => {
    event.dataTransfer.setData(DRAG_TYPE, component.key);
    event.dataTransfer.effectAllowed = "copy";
  };
  return (
    <li>
      <button
        type="button"
        draggable
        className="palette-item"
        title={pickText(component.summary, locale)}
        data-testid={`palette-${component.key}`}
        onDragStart={onDragStart}
        onClick={() => addBeside(component)}
        onKeyDown={walkItems}
      >
        <span className="tile">
          <SvgIcon svg={component.icon} />
        </span>
        <span className="palette-name">{pickText(component.title, locale)}</span>
        <GripVertical className="palette-grip" size={14} aria-hidden />
      </button>
    </li>
  );
}

/** Arrow keys walk the whole list, over groups. */
function walkItems(event: KeyboardEvent<HTMLButtonElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...document.querySelectorAll<HTMLButtonElement>(".palette-item")];
  items[items.indexOf(event.currentTarget) + step]?.focus();
}
