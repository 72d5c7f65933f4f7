/** How this person is in the call, when it is not as everybody: on hold, not let in yet, not recorded. */

import { CirclePause, Disc, Hourglass } from "lucide-react";
import type { View } from "../api/socket";
import { useMessages } from "../i18n/messages";
import { Banner } from "./Banners";
import { texts } from "./texts";

export interface StandingProps {
  readonly view: View;
  readonly onConsent: () => void;
}

export function Standing({ view, onConsent }: StandingProps) {
  const t = useMessages(texts);
  const own = view.people.find((person) => person.id === view.you.participant);
  return (
    <div className="join-banners" role="status" aria-live="polite">
      {own?.mode === "hold" && (
        <Banner icon={<CirclePause size={22} />} title={t("on_hold")}>
          {t("on_hold_text")}
        </Banner>
      )}
      {own?.mode === "waiting" && (
        <Banner icon={<Hourglass size={22} />} title={t("waiting_room")}>
          {t("waiting_room_text")}
        </Banner>
      )}
      {view.you.must_consent && (
        <Banner icon={<Disc size={22} />} title={t("may_record")}>
          {t("may_record_text")}{" "}
          <button type="button" className="p-link" onClick={onConsent}>
            {t("agree_recording")}
          </button>
        </Banner>
      )}
    </div>
  );
}
