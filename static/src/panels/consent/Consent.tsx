/** The consent sheet: the text, what it means in points, and two answers of the same weight. */

import { Check, ChevronRight, Volume2, X } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { pickText } from "../../i18n/locale";
import { translate } from "../../i18n/messages";
import type { ConsentData } from "../contracts";
import { Refusal, StepTitle, useAct } from "../kit";
import type { PanelProps } from "../panel";
import { PointIcon } from "./PointIcon";
import { canReadAloud, useReadAloud } from "./readAloud";
import { texts } from "./texts";

const KINDS = ["recording", "biometric", "data", "terms", "esign"] as const;
type Kind = (typeof KINDS)[number];
const isKind = (kind: string): kind is Kind => (KINDS as readonly string[]).includes(kind);

export function Consent({ data, act, locale, now }: PanelProps<ConsentData>) {
  const t = translate(texts, locale);
  const { press, busy, refusal } = useAct(act, locale);
  const isTooEarly = useTooEarly(data, now);
  const words = pickText(data.text, locale);
  const points = data.points.map((point) => pickText(point.text, locale));
  const reading = useReadAloud([pickText(data.heading, locale), words, ...points], locale);
  const answer = (action: "agree" | "decline") => {
    reading.stop();
    void press(action);
  };
  return (
    <div className="p-sheet-body">
      <div className="p-line">
        <span className="p-badge">{t(isKind(data.kind) ? data.kind : "other")}</span>
        {canReadAloud() && (
          <button type="button" className="p-link" onClick={reading.toggle}>
            <Volume2 size={20} aria-hidden />
            {t(reading.isReading ? "stop_reading" : "read_aloud")}
          </button>
        )}
      </div>
      <StepTitle>{pickText(data.heading, locale)}</StepTitle>
      {words.split(/\n\s*\n/).map((paragraph) => (
        <p className="p-paragraph" key={paragraph}>
          {paragraph}
        </p>
      ))}
      {data.points.length > 0 && (
        <ul className="p-points">
          {data.points.map((point, n) => (
            <li key={point.icon + points[n]}>
              <PointIcon name={point.icon} />
              <span>{points[n]}</span>
            </li>
          ))}
        </ul>
      )}
      <Refusal message={refusal} />
      <div className="p-answers">
        <Answer
          icon={<Check size={22} aria-hidden />}
          title={t("agree")}
          note={isTooEarly ? t("please_read") : t(agreeNote(data.kind))}
          isOff={isTooEarly || busy !== null}
          onPress={() => answer("agree")}
        />
        <Answer
          icon={<X size={22} aria-hidden />}
          title={t("refuse")}
          note={pickText(data.decline_note, locale) || t("refuse_note")}
          isOff={busy !== null}
          onPress={() => answer("decline")}
        />
      </div>
      <p className="p-small p-line">
        <span>{t("version", { id: data.text_id, version: data.text_version })}</span>
        <span role="status">{t(busy === null ? "no_limit" : "sending")}</span>
      </p>
    </div>
  );
}

const agreeNote = (kind: string) => (kind === "recording" ? "agree_recording" : "agree_note");

interface AnswerProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly note: string;
  readonly isOff: boolean;
  readonly onPress: () => void;
}

function Answer({ icon, title, note, isOff, onPress }: AnswerProps) {
  return (
    <button
      type="button"
      className="p-answer"
      aria-disabled={isOff || undefined}
      onClick={() => {
        if (!isOff) onPress();
      }}
    >
      <span className="p-answer-icon">{icon}</span>
      <span className="p-answer-words">
        <b>{title}</b>
        <span>{note}</span>
      </span>
      <ChevronRight size={20} aria-hidden />
    </button>
  );
}

/** The site judges by its own clock; this only keeps the button from promising too much. */
function useTooEarly(data: ConsentData, now: () => number): boolean {
  const [shown_ms, setShown] = useState(() => now() - data.shown_at_ms);
  const left_ms = data.min_view_ms - shown_ms;
  useEffect(() => {
    if (left_ms <= 0) return undefined;
    const timer = setTimeout(() => setShown(now() - data.shown_at_ms), left_ms + 50);
    return () => clearTimeout(timer);
  }, [left_ms, data.shown_at_ms, now]);
  return left_ms > 0;
}
