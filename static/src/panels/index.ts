/** Every panel by its kind (`View.activities[].panel`): `const Panel = panels[kind]`. */

import { Capture } from "./capture/Capture";
import { customerPanels } from "./customer";
import { Integration } from "./integration/Integration";
import type { Panel } from "./panel";
import { Teleprompter } from "./teleprompter/Teleprompter";

// After the panels' own: the desk's finish overrides the phone's.
import "./desk.css";

export { PanelView } from "./PanelView";
export { refuseToAct } from "./panel";

export const panels: Readonly<Record<string, Panel>> = {
  ...customerPanels,
  capture: Capture,
  integration: Integration,
  teleprompter: Teleprompter,
};
