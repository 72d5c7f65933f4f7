/** The bar under a call: mute, camera, switch, help, leave. Each has its word below its sign. */

import { CircleHelp, Mic, MicOff, Phone, SwitchCamera, Video, VideoOff } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useMessages } from "../i18n/messages";
import type { MediaClient, MediaState } from "../media/types";
import { HelpDialog } from "./HelpDialog";
import { LeaveDialog } from "./LeaveDialog";
import { texts } from "./texts";

export interface CallBarProps {
  readonly client: MediaClient;
  readonly media: MediaState;
  readonly number: string;
  readonly agent: string;
  readonly onLeave: () => Promise<void>;
}

export function CallBar({ client, media, number, agent, onLeave }: CallBarProps) {
  const t = useMessages(texts);
  const [open, setOpen] = useState<"help" | "leave" | null>(null);
  const { is_muted, is_camera_on } = media;
  const cameras = media.devices.filter((one) => one.kind === "camera").length;
  return (
    <nav className="join-calls">
      <CallButton
        name={t(is_muted ? "muted" : "mute")}
        label={t(is_muted ? "unmute" : "mute")}
        isOff={is_muted}
        icon={is_muted ? <MicOff size={22} /> : <Mic size={22} />}
        onPress={() => client.setMuted(!is_muted)}
      />
      <CallButton
        name={t(is_camera_on ? "camera" : "camera_off")}
        isOff={!is_camera_on}
        icon={is_camera_on ? <Video size={22} /> : <VideoOff size={22} />}
        onPress={() => client.setCameraOn(!is_camera_on)}
      />
      {cameras > 1 && (
        <CallButton
          name={t("flip")}
          icon={<SwitchCamera size={22} />}
          onPress={() => void client.flipCamera()}
        />
      )}
      <CallButton
        name={t("help")}
        icon={<CircleHelp size={22} />}
        onPress={() => setOpen("help")}
      />
      <CallButton
        name={t("leave")}
        kind="end"
        icon={<Phone size={22} />}
        onPress={() => setOpen("leave")}
      />
      {open === "help" && <HelpDialog number={number} onClose={() => setOpen(null)} />}
      {open === "leave" && (
        <LeaveDialog agent={agent} onClose={() => setOpen(null)} onLeave={onLeave} />
      )}
    </nav>
  );
}

interface CallButtonProps {
  readonly name: string;
  readonly label?: string;
  readonly icon: ReactNode;
  readonly kind?: "end";
  readonly isOff?: boolean;
  readonly onPress: () => void;
}

function CallButton({ name, label, icon, kind, isOff, onPress }: CallButtonProps) {
  return (
    <button
      type="button"
      data-kind={kind}
      aria-label={label}
      aria-pressed={isOff}
      onClick={onPress}
    >
      <span aria-hidden>{icon}</span>
      {name}
    </button>
  );
}
