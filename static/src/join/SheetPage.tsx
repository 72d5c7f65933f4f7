/** A step in the sheet before there is a call: own picture behind it, which nobody else sees. */

import { Eye } from "lucide-react";
import type { ReactNode } from "react";
import { useMessages } from "../i18n/messages";
import type { MediaState } from "../media/types";
import { Video } from "../media/Video";
import { texts } from "./texts";

export function SheetPage({ media, children }: { media: MediaState; children: ReactNode }) {
  const t = useMessages(texts);
  return (
    <div className="join-call join-before">
      <section className="join-tile">
        <Video
          stream={media.local}
          isOwn
          isMirrored={media.facing === "user"}
          label={t("own_picture")}
        />
        <div className="join-tile-signs">
          <span className="p-plate">
            <Eye size={16} aria-hidden />
            {t("only_you")}
          </span>
        </div>
      </section>
      <main className="join-sheet">
        <div className="join-grab" aria-hidden />
        {children}
      </main>
    </div>
  );
}
