/** A button that opens a list of actions. */

import type { ReactNode } from "react";
import { Button, MenuItem, Menu as MenuList, MenuTrigger, Popover } from "react-aria-components";

export interface MenuEntry {
  readonly id: string;
  readonly label: string;
  readonly icon?: ReactNode;
  readonly keys?: string;
  readonly tone?: "danger";
  readonly disabled?: boolean;
  readonly onAction: () => void;
}

export interface MenuProps {
  readonly label: string;
  readonly trigger: ReactNode;
  readonly entries: readonly MenuEntry[];
  readonly className?: string;
}

export function Menu({ label, trigger, entries, className = "btn" }: MenuProps) {
  return (
    <MenuTrigger>
      <Button className={className} data-kind="ghost" data-square="" aria-label={label}>
        {trigger}
      </Button>
      <Popover className="popover" placement="bottom end">
        <MenuList className="menu">
          {entries.map((entry) => (
            <MenuItem
              key={entry.id}
              id={entry.id}
              className="menu-item"
              data-tone={entry.tone}
              textValue={entry.label}
              isDisabled={entry.disabled ?? false}
              onAction={entry.onAction}
            >
              {entry.icon}
              {entry.label}
              {entry.keys && <span className="keys">{entry.keys}</span>}
            </MenuItem>
          ))}
        </MenuList>
      </Popover>
    </MenuTrigger>
  );
}
