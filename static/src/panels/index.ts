/** Every panel by its kind (`View.activities[].panel`): `const Panel = panels[kind]`. */

import "./desk.css";
import { Capture } from "./capture/Capture";
import { customerPanels } from "./customer";
import type { Panel } from "./panel";
import { Teleprompter } from "./teleprompter/Teleprompter";

export { PanelView } from "./PanelView";
export { refuseToAct } from "./panel";

export const panels: Readonly<Record<string, Panel>> = {
  ...customerPanels,
  capture: Capture,
  teleprompter: Teleprompter,
};
