/** The signs of what somebody has switched off, beside their name. */

import { CameraOff, MicOff } from "lucide-react";
import type { Person } from "../api/socket_types";
import { useMessages } from "../i18n/messages";
import { mediaTexts } from "./texts";

export function Muted({ person }: { readonly person: Person | undefined }) {
  const t = useMessages(mediaTexts);
  const kinds = person?.muted ?? [];
  return (
    <>
      {kinds.includes("audio") && <MicOff size={13} role="img" aria-label={t("muted")} />}
      {kinds.includes("video") && <CameraOff size={13} role="img" aria-label={t("camera_off")} />}
    </>
  );
}
