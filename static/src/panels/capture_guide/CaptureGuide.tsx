/** The customer holds a card or a face into a frame; the picture is taken from the video the agent receives. */

import { Check, RefreshCw } from "lucide-react";
import { useEffect, useRef } from "react";
import { pickText } from "../../i18n/locale";
import { translate } from "../../i18n/messages";
import { playTone } from "../../media/tone";
import { useMedia } from "../../media/useStore";
import { Video } from "../../media/Video";
import type { CaptureGuideData } from "../contracts";
import { StepTitle } from "../kit";
import type { PanelProps } from "../panel";
import { sideText, texts } from "./texts";

export function CaptureGuide({ data, locale, media }: PanelProps<CaptureGuideData>) {
  const t = translate(texts, locale);
  const state = useMedia(media);
  useTakenTone(data.taken.length, media !== null);
  const cameras = state.devices.filter((one) => one.kind === "camera").length;
  return (
    <div className="p-sheet-body">
      <StepTitle>{pickText(data.heading, locale)}</StepTitle>
      <div className="p-finder" data-guide={data.guide} data-state={data.state}>
        <Video
          stream={state.local}
          isOwn
          isMirrored={state.facing === "user" && data.guide === "face"}
          label={t("own_picture")}
        />
        <Frame guide={data.guide} />
        <p className="p-finder-words" role="status">
          {data.state !== "framing" && <Check size={18} aria-hidden />}
          <span>{t(data.state === "framing" ? framing(data.guide) : data.state)}</span>
        </p>
      </div>
      <div className="p-line p-finder-foot">
        <span className="p-soft" role="status">
          {data.side === null
            ? t("all_taken")
            : t("now_side", { side: sideText(data.side, locale) })}
        </span>
        {cameras > 1 && (
          <button
            type="button"
            className="p-round p-round-plain"
            aria-label={t("flip")}
            onClick={() => void media?.flipCamera()}
          >
            <RefreshCw size={20} aria-hidden />
          </button>
        )}
      </div>
      {data.taken.length > 0 && (
        <ul className="p-chips">
          {data.taken.map((side) => (
            <li key={side} data-tone="good">
              <Check size={14} aria-hidden /> {sideText(side, locale)}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

const framing = (guide: CaptureGuideData["guide"]) =>
  guide === "face" ? "hold_face" : guide === "none" ? "hold_still" : "hold_card";

/** Corners around the card, an oval around a face; outside is dimmed. */
function Frame({ guide }: Pick<CaptureGuideData, "guide">) {
  if (guide === "none") return null;
  if (guide === "face") {
    return (
      <svg
        className="p-frame"
        viewBox="0 0 354 252"
        preserveAspectRatio="xMidYMid slice"
        aria-hidden
      >
        <ellipse className="p-frame-line" cx="177" cy="118" rx="78" ry="98" />
      </svg>
    );
  }
  return (
    <svg className="p-frame" viewBox="0 0 354 252" preserveAspectRatio="xMidYMid meet" aria-hidden>
      <path
        className="p-frame-dim"
        fillRule="evenodd"
        d="M-400-400h1200v1200h-1200zM32 26v184h290V26z"
      />
      <path className="p-frame-line" d="M32 56V26h30M322 56V26h-30M32 180v30h30M322 180v30h-30" />
    </svg>
  );
}

/** One soft note when a picture was taken; none when the page is opened again later. */
function useTakenTone(taken: number, isLive: boolean): void {
  const before = useRef(taken);
  useEffect(() => {
    if (isLive && taken > before.current) void playTone("picture");
    before.current = taken;
  }, [taken, isLive]);
}
