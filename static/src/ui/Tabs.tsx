/** Panels one at a time, arrow keys between them. */

import type { ReactNode } from "react";
import { Tab as TabHandle, TabList, TabPanel, Tabs as TabSet } from "react-aria-components";

export interface Tab<Id extends string> {
  readonly id: Id;
  readonly label: string;
  /** A count or flag after the label. */
  readonly mark?: ReactNode;
  readonly panel: ReactNode;
}

export interface TabsProps<Id extends string> {
  readonly label: string;
  readonly tabs: readonly Tab<Id>[];
  readonly selected: Id;
  readonly onSelect: (id: Id) => void;
  /** Shown at the end of the row of tabs. */
  readonly trailing?: ReactNode;
}

export function Tabs<Id extends string>({
  label,
  tabs,
  selected,
  onSelect,
  trailing,
}: TabsProps<Id>) {
  return (
    <TabSet
      className="tabs"
      selectedKey={selected}
      onSelectionChange={(key) => onSelect(key as Id)}
    >
      <div className="tab-row">
        <TabList className="tab-list" aria-label={label}>
          {tabs.map((tab) => (
            <TabHandle key={tab.id} id={tab.id} className="tab">
              {tab.label}
              {tab.mark}
            </TabHandle>
          ))}
        </TabList>
        {trailing}
      </div>
      {tabs.map((tab) => (
        <TabPanel key={tab.id} id={tab.id} className="tab-panel">
          {tab.panel}
        </TabPanel>
      ))}
    </TabSet>
  );
}
