/** The panels a customer can be shown. The customer page imports these alone, so that it stays light. */

import { CaptureGuide } from "./capture_guide/CaptureGuide";
import { Connecting } from "./connecting/Connecting";
import { Consent } from "./consent/Consent";
import { DeviceCheck } from "./device_check/DeviceCheck";
import { FormPanel } from "./form/FormPanel";
import { Menu } from "./menu/Menu";
import type { Panel } from "./panel";
import { Progress } from "./progress/Progress";
import { Queue } from "./queue/Queue";
import { Script } from "./script/Script";
import { Wait } from "./wait/Wait";

export const customerPanels: Readonly<Record<string, Panel>> = {
  capture_guide: CaptureGuide,
  connecting: Connecting,
  consent: Consent,
  device_check: DeviceCheck,
  form: FormPanel,
  menu: Menu,
  progress: Progress,
  queue: Queue,
  script: Script,
  wait: Wait,
};
