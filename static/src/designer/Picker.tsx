/** Choose a component by name: for a line, for an open outcome, for a line let go over nothing. */

import { useEffect, useRef, useState } from "react";
import { pickText, useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Dialog } from "../ui/Dialog";
import { SvgIcon } from "../ui/SvgIcon";
import { place } from "./editing";
import { useDocument } from "./store";
import { texts } from "./texts";
import { look, useView } from "./view";

export function Picker() {
  const pick = useView((view) => view.pick);
  return pick && <PickerDialog />;
}

function PickerDialog() {
  const t = useMessages(texts);
  const locale = useLocale();
  const target = useView((view) => view.pick);
  const components = useDocument((document) => document.palette.components);
  const [query, setQuery] = useState("");
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => box.current?.focus(), []);
  const wanted = query.trim().toLowerCase();
  const found = components.filter(
    (one) =>
      !one.entry &&
      [one.key, ...Object.values(one.title)].some((text) => text.toLowerCase().includes(wanted)),
  );
  return (
    <Dialog
      title={t("choose_step")}
      closeLabel={t("close")}
      size="small"
      onClose={() => look({ pick: null })}
    >
      <input
        ref={box}
        type="search"
        className="input"
        aria-label={t("search_components")}
        placeholder={t("search")}
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Enter" && found[0] && place(found[0], target)}
      />
      <ul className="picker-list">
        {found.map((component) => (
          <li key={component.key} data-group={component.group}>
            <button type="button" className="palette-item" onClick={() => place(component, target)}>
              <span className="tile">
                <SvgIcon svg={component.icon} />
              </span>
              <span className="picker-text">
                <b>{pickText(component.title, locale)}</b>
                <span className="faint">{pickText(component.summary, locale)}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="faint">{t("nothing_found")}</p>}
    </Dialog>
  );
}
