/** The agent's teleprompter: said phrases green, the next one marked, what must be said dotted, a bar with its mark. */

import { AudioLines, Check, RotateCcw } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { pickText } from "../../i18n/locale";
import { translate } from "../../i18n/messages";
import type { TeleprompterData } from "../contracts";
import { PanelButton, Refusal, StepTitle, useAct } from "../kit";
import type { PanelProps } from "../panel";
import { Reason } from "../Reason";
import { texts } from "./texts";

type Phrase = TeleprompterData["phrases"][number];

/** The next phrase to say, in order; null when all are said. */
export function nextPhrase(phrases: readonly Phrase[]): Phrase | null {
  return phrases.find((phrase) => !phrase.said) ?? null;
}

export const percent = (share: number): string => `${Math.round(share * 100)} %`;

export function Teleprompter({ activity, data, act, locale }: PanelProps<TeleprompterData>) {
  const t = translate(texts, locale);
  const { press, busy, refusal } = useAct(act, locale);
  const [isSkipping, setSkipping] = useState(false);
  const { phrases, mark, markNext } = useMarked(data.phrases, press);
  const current = nextPhrase(phrases);
  const left = phrases.filter((phrase) => phrase.mandatory && !phrase.said).length;
  const isOpen = data.score >= data.threshold && left === 0;
  const tick = (phrase: Phrase) => mark(phrase, !phrase.said);
  const restart = () => {
    for (const phrase of phrases) if (phrase.said) mark(phrase, false);
  };
  if (isSkipping) {
    return (
      <Reason
        activity={activity.id}
        title={t("skip_title")}
        text={t("skip_text")}
        confirm={t("skip_yes")}
        back={t("back")}
        refusal={refusal}
        isBusy={busy === "skip"}
        onBack={() => setSkipping(false)}
        onConfirm={(reason) => press("skip", { reason })}
      />
    );
  }
  return (
    <div className="p-desk">
      <span className="visually-hidden">
        <StepTitle isFocused={false}>{pickText(data.heading, locale)}</StepTitle>
      </span>
      <section className="p-script" aria-label={t("script")}>
        {phrases.map((phrase) => (
          <PhraseText
            key={phrase.id}
            phrase={phrase}
            isCurrent={phrase === current}
            isFixed={!data.allow_manual_tick}
            words={spoken(phrase, t)}
            onPress={() => tick(phrase)}
          />
        ))}
      </section>
      <MustSay phrases={phrases} label={t("must")} />
      <Score data={data} t={t} />
      <Refusal message={refusal} />
      <footer className="p-actions">
        {data.allow_manual_tick && phrases.some((phrase) => phrase.said) && (
          <PanelButton className="p-short" onPress={restart}>
            <RotateCcw size={16} aria-hidden />
            <span>{t("from_start")}</span>
          </PanelButton>
        )}
        {data.allow_skip && (
          <PanelButton kind="quiet" onPress={() => setSkipping(true)}>
            {t("skip")}
          </PanelButton>
        )}
        <span className="p-grow" />
        {current !== null && data.allow_manual_tick && (
          <PanelButton kind={isOpen ? "plain" : "main"} onPress={markNext}>
            <Check size={16} aria-hidden />
            {t("next")}
          </PanelButton>
        )}
        <PanelButton
          kind={isOpen ? "main" : "plain"}
          isBusy={busy === "done"}
          isDisabled={phrases.length > 0 && !phrases.some((phrase) => phrase.said)}
          onPress={() => void press("done")}
        >
          {t("done")}
          {left > 0 && <span className="p-soft">{t("missing", { n: left })}</span>}
        </PanelButton>
      </footer>
    </div>
  );
}

type Press = ReturnType<typeof useAct>["press"];

/**
 * What was pressed counts at once: who reads fast must not wait for the site between two phrases. The marks are
 * kept beside React, because two presses may come before it draws once.
 */
function useMarked(told: readonly Phrase[], press: Press) {
  const marks = useRef<ReadonlyMap<string, boolean>>(new Map());
  const [, redraw] = useState(marks.current);
  const put = (next: ReadonlyMap<string, boolean>) => {
    marks.current = next;
    redraw(next);
  };
  const now = () => marked(told, marks.current);
  useEffect(() => {
    marks.current = settled(marks.current, told);
    redraw(marks.current);
  }, [told]);
  const mark = (phrase: Phrase, said: boolean) => {
    put(new Map(marks.current).set(phrase.id, said));
    void press(said ? "tick" : "untick", { phrase: phrase.id }).then((result) => {
      if (!result.ok) put(without(marks.current, phrase.id));
    });
  };
  const markNext = () => {
    const next = nextPhrase(now());
    if (next !== null) mark(next, true);
  };
  return { phrases: now(), mark, markNext };
}

/** The phrases as the site told them, with what was pressed here since. */
export function marked(
  told: readonly Phrase[],
  marks: ReadonlyMap<string, boolean>,
): readonly Phrase[] {
  return told.map((one) => ({ ...one, said: marks.get(one.id) ?? one.said }));
}

/** The marks the site does not show yet; the same map when there is nothing to forget. */
export function settled(
  marks: ReadonlyMap<string, boolean>,
  told: readonly Phrase[],
): ReadonlyMap<string, boolean> {
  const done = told.filter((one) => marks.get(one.id) === one.said);
  return done.reduce((rest, one) => without(rest, one.id), marks);
}

function without<T>(map: ReadonlyMap<string, T>, key: string): ReadonlyMap<string, T> {
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}

interface PhraseProps {
  readonly phrase: Phrase;
  readonly isCurrent: boolean;
  readonly isFixed: boolean;
  readonly words: string;
  readonly onPress: () => void;
}

/** A browser lays a button out as a block; a text to read aloud must run on, so this is a span that acts as one. */
function PhraseText({ phrase, isCurrent, isFixed, words, onPress }: PhraseProps) {
  const press = () => {
    if (!isFixed) onPress();
  };
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a button element does not flow with the text */}
      <span
        role="button"
        tabIndex={0}
        className="p-phrase"
        data-said={phrase.said || undefined}
        data-current={isCurrent || undefined}
        data-mandatory={phrase.mandatory || undefined}
        aria-pressed={phrase.said}
        aria-current={isCurrent ? "step" : undefined}
        aria-disabled={isFixed || undefined}
        aria-label={words}
        onClick={press}
        onKeyDown={(event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          press();
        }}
      >
        {phrase.text}
      </span>{" "}
    </>
  );
}

function MustSay({ phrases, label }: { phrases: readonly Phrase[]; label: string }) {
  const mandatory = phrases.filter((phrase) => phrase.mandatory);
  if (mandatory.length === 0) return null;
  return (
    <div className="p-must">
      <span className="p-small">{label}</span>
      <ul className="p-chips">
        {mandatory.map((phrase) => (
          <li key={phrase.id} data-tone={phrase.said ? "good" : "open"} title={phrase.text}>
            {phrase.said ? <Check size={14} aria-hidden /> : <i aria-hidden />}
            <span>{phrase.text}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

const spoken = (phrase: Phrase, t: T): string => {
  if (phrase.said) return `${phrase.text} (${t("said")})`;
  return phrase.mandatory ? `${phrase.text} (${t("mandatory")})` : phrase.text;
};

type T = ReturnType<typeof translate<keyof (typeof texts)["en"]>>;

function Score({ data, t }: { data: TeleprompterData; t: T }) {
  const isManual = data.engine === "unavailable";
  return (
    <div className="p-score">
      <div className="p-line">
        <span className="p-score-what">
          {!isManual && <AudioLines size={18} aria-hidden />}
          <b>{t(isManual ? "manual" : "listening")}</b>
          {data.engine === "simulated" && <span className="p-simulated">{t("simulated")}</span>}
        </span>
        <span className="num">
          {t("read", { score: percent(data.score), threshold: percent(data.threshold) })}
        </span>
      </div>
      <svg className="p-bar" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden>
        <rect className="p-bar-ground" x="0" y="3" width="100" height="6" rx="0.8" />
        <rect className="p-bar-read" x="0" y="3" width={data.score * 100} height="6" rx="0.8" />
        <rect
          className="p-bar-mark"
          x={data.threshold * 100 - 0.25}
          y="0"
          width="0.5"
          height="12"
        />
      </svg>
      {isManual && <p className="p-small">{t("manual_text")}</p>}
    </div>
  );
}
