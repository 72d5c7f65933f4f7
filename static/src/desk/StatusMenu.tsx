/** The agent's own status: said with its time, changed from a menu when it is theirs to change. */

import { ChevronDown } from "lucide-react";
import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import type { Desk, Presence } from "../api/socket";
import { useMessages } from "../i18n/messages";
import type { DeskControl } from "./control";
import { useTicking } from "./stores";
import { deskTexts } from "./texts";
import { clockText } from "./words";

const CHOICES = ["available", "away"] as const;
const CHANGEABLE: ReadonlySet<Presence> = new Set(["available", "away", "wrap_up"]);

export interface StatusMenuProps {
  readonly desk: Desk;
  readonly now: () => number;
  readonly control: DeskControl;
}

export function StatusMenu({ desk, now, control }: StatusMenuProps) {
  const t = useMessages(deskTexts);
  const at_ms = useTicking(now);
  const word = t(`presence_${desk.presence}`);
  const face = (
    <>
      <i className="desk-dot" aria-hidden />
      <span className="desk-status-word">
        {word}{" "}
        <span className="num" aria-hidden>
          {clockText(at_ms - desk.since_ms)}
        </span>
      </span>
    </>
  );
  if (!CHANGEABLE.has(desk.presence)) {
    return (
      <p className="desk-status" data-presence={desk.presence} title={t("presence_fixed")}>
        {face}
      </p>
    );
  }
  return (
    <MenuTrigger>
      <Button className="desk-status" data-presence={desk.presence} isDisabled={control.busy}>
        <span className="visually-hidden">{t("presence_menu")}: </span>
        {face}
        <ChevronDown size={16} aria-hidden />
      </Button>
      <Popover className="popover" placement="bottom start">
        <Menu className="menu" aria-label={t("presence_menu")}>
          {CHOICES.map((choice) => (
            <MenuItem
              key={choice}
              id={choice}
              className="menu-item desk-status-item"
              data-presence={choice}
              textValue={t(`go_${choice}`)}
              onAction={() => void control.change(choice)}
            >
              <i className="desk-dot" aria-hidden />
              <span>
                <b>{t(`go_${choice}`)}</b>
                <small>{t(`go_${choice}_hint`)}</small>
              </span>
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
