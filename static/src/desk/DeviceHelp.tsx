/** What to do when the agent's own camera or microphone does not come. */

import { MicOff } from "lucide-react";
import { useMessages } from "../i18n/messages";
import type { DeviceState } from "../media/types";
import { Button } from "../ui/Button";
import type { Call } from "./call";
import { deskTexts } from "./texts";

const FINE: ReadonlySet<DeviceState> = new Set(["on", "off", "asking"]);

export function DeviceHelp({ call }: { call: Call }) {
  const t = useMessages(deskTexts);
  const { camera, microphone } = call.media;
  const problem = [microphone, camera].find((state) => !FINE.has(state));
  if (!problem) return null;
  const title = { missing: t("mic_missing"), busy: t("mic_busy") }[problem as string];
  return (
    <div className="note" data-tone="warning" role="alert">
      <MicOff size={16} aria-hidden />
      <div>
        <b>{title ?? t("mic_blocked")}</b>
        {t("mic_blocked_text")}
        <p className="call-note-do">
          <Button size="small" onClick={() => void call.client.start()}>
            {t("mic_retry")}
          </Button>
        </p>
      </div>
    </div>
  );
}
