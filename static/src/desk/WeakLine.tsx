/** Whose picture is kept small, or away, for the sake of the sound: one's own and the customer's. */

import { WifiLow } from "lucide-react";
import type { Person } from "../api/socket";
import { useMessages } from "../i18n/messages";
import { STILLS } from "../media/ladder";
import type { Call } from "./call";
import { deskTexts } from "./texts";

export function WeakLine({ call, customer }: { call: Call; customer: Person | undefined }) {
  const t = useMessages(deskTexts);
  const { sending, profile } = call.media;
  const theirs = customer ? call.run.network[customer.id]?.height : undefined;
  const isReduced = theirs !== undefined && theirs !== null && theirs < profile.max_height;
  const name = customer?.name || t("customer");
  return (
    <div className="call-weak" role="status" aria-live="polite">
      {isReduced && (
        <p>
          <WifiLow size={18} aria-hidden />
          {t(theirs === STILLS ? "weak_theirs_stills" : "weak_theirs", { name, lines: theirs })}
        </p>
      )}
      {sending.is_reduced && (
        <p>
          <WifiLow size={18} aria-hidden />
          {t(sending.height === STILLS ? "weak_own_stills" : "weak_own", { lines: sending.height })}
        </p>
      )}
    </div>
  );
}
