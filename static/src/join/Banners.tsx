/** What is not as it should be while the call goes on: told in words, politely, with what helps. */

import { CloudOff, MicOff, VideoOff, WifiLow } from "lucide-react";
import type { ReactNode } from "react";
import type { Network } from "../api/socket";
import { useMessages } from "../i18n/messages";
import { STILLS } from "../media/ladder";
import type { DeviceState, MediaClient, MediaState } from "../media/types";
import { texts } from "./texts";

export interface BannersProps {
  readonly client: MediaClient;
  readonly media: MediaState;
  readonly isLineLost: boolean;
  /** Who is at the other end, and what their line is like. */
  readonly name: string;
  readonly theirs: Network | undefined;
}

const isBroken = (state: DeviceState): boolean =>
  state !== "on" && state !== "off" && state !== "asking";

export function Banners({ client, media, isLineLost, name, theirs }: BannersProps) {
  const t = useMessages(texts);
  const again = (
    <button type="button" className="p-link" onClick={() => void client.start({ video: true })}>
      {t("check_again")}
    </button>
  );
  return (
    <div className="join-banners" role="status" aria-live="polite">
      {isLineLost && <Banner icon={<CloudOff size={22} />}>{t("line_lost")}</Banner>}
      {media.sending.is_reduced && (
        <Banner icon={<WifiLow size={22} />} title={t("weak")}>
          {t(media.sending.height === STILLS ? "weak_stills" : "weak_text")} {t("weak_help")}
        </Banner>
      )}
      {theirs?.height === STILLS && !media.sending.is_reduced && (
        <Banner icon={<WifiLow size={22} />}>{t("their_stills", { name })}</Banner>
      )}
      {isBroken(media.microphone) && (
        <Banner icon={<MicOff size={22} />}>
          {t("no_microphone")} {again}
        </Banner>
      )}
      {isBroken(media.camera) && !isBroken(media.microphone) && (
        <Banner icon={<VideoOff size={22} />}>
          {t("no_camera")} {again}
        </Banner>
      )}
    </div>
  );
}

interface BannerProps {
  readonly icon: ReactNode;
  readonly title?: string;
  readonly children: ReactNode;
}

export function Banner({ icon, title, children }: BannerProps) {
  return (
    <div className="p-banner join-banner">
      <span aria-hidden>{icon}</span>
      <span>
        {title !== undefined && <b>{title}</b>}
        {children}
      </span>
    </div>
  );
}
