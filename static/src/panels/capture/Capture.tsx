/** The agent's shutter: one picture per side from the customer's video, with what the worker measured beside it. */

import { Aperture, Camera, Check, RefreshCw, TriangleAlert } from "lucide-react";
import { useState } from "react";
import type { Locale } from "../../i18n/locale";
import { translate } from "../../i18n/messages";
import { sideText } from "../capture_guide/texts";
import type { CaptureData } from "../contracts";
import { clockText, PanelButton, Refusal, useAct, Working } from "../kit";
import type { PanelProps } from "../panel";
import { Reason } from "../Reason";
import { texts } from "./texts";

type Shot = CaptureData["shots"][number];
type T = ReturnType<typeof translate<keyof (typeof texts)["en"]>>;

/** Every side has a sharp picture and none is being taken. */
export function canAccept(data: CaptureData): boolean {
  return !data.busy && data.sides.every((side) => isSharp(data.shots, side));
}

const isSharp = (shots: readonly Shot[], side: string): boolean =>
  shots.some((shot) => shot.side === side && !shot.blurred);

export function Capture({ data, act, locale, activity }: PanelProps<CaptureData>) {
  const t = translate(texts, locale);
  const { press, busy, refusal } = useAct(act, locale);
  const [isLeaving, setLeaving] = useState(false);
  const isTaking = data.busy || busy === "shoot";
  const isReady = canAccept(data);
  if (isLeaving) {
    return (
      <Reason
        activity={activity.id}
        title={t("give_up_title")}
        text={t("give_up_text")}
        confirm={t("give_up_yes")}
        back={t("back")}
        refusal={refusal}
        isBusy={busy === "give_up"}
        onBack={() => setLeaving(false)}
        onConfirm={(reason) => press("give_up", { reason })}
      />
    );
  }
  return (
    <div className="p-desk">
      <ul className="p-shots" data-count={data.sides.length}>
        {data.sides.map((side) => (
          <Side
            key={side}
            side={side}
            shot={data.shots.find((shot) => shot.side === side) ?? null}
            isNext={data.side === side}
            isTaking={isTaking && data.side === side}
            data={data}
            started_at_ms={activity.started_at_ms}
            locale={locale}
            t={t}
            onRetake={() => void press("retake", { side })}
          />
        ))}
      </ul>
      <p className="p-small p-attempts num">{t("attempts", { n: data.attempts_left })}</p>
      <Problem problem={data.problem} t={t} />
      <Refusal message={refusal} />
      <footer className="p-actions">
        <PanelButton kind="quiet" onPress={() => setLeaving(true)}>
          {t("give_up")}
        </PanelButton>
        <span className="p-grow" />
        <PanelButton
          kind={isReady ? "plain" : "main"}
          isDisabled={data.side === null || data.attempts_left === 0}
          isBusy={isTaking}
          onPress={() => void press("shoot")}
        >
          <Aperture size={16} aria-hidden />
          {shutterText(data, isTaking, locale, t)}
        </PanelButton>
        <PanelButton
          kind={isReady ? "main" : "plain"}
          isDisabled={!isReady}
          isBusy={busy === "accept"}
          onPress={() => void press("accept")}
        >
          {t("accept")}
        </PanelButton>
      </footer>
    </div>
  );
}

function shutterText(data: CaptureData, isTaking: boolean, locale: Locale, t: T): string {
  if (isTaking) return t("busy");
  if (data.side === null) return t("shoot");
  return t("shoot_side", { side: sideText(data.side, locale) });
}

interface SideProps {
  readonly side: string;
  readonly shot: Shot | null;
  readonly isNext: boolean;
  readonly isTaking: boolean;
  readonly data: CaptureData;
  readonly started_at_ms: number;
  readonly locale: Locale;
  readonly t: T;
  readonly onRetake: () => void;
}

function Side(props: SideProps) {
  const { side, shot, isNext, isTaking, data, locale, t } = props;
  const name = sideText(side, locale);
  return (
    <li className="p-shot" data-next={isNext || undefined}>
      <div className="p-shot-picture">
        {shot === null ? (
          <Empty isNext={isNext} t={t} />
        ) : (
          <Picture shot={shot} name={name} t={t} />
        )}
        <span className="p-plate p-top-left num">
          {shot === null ? name : `${name} · ${clockText(shot.at_ms - props.started_at_ms)}`}
        </span>
        {isTaking && (
          <div className="p-shot-taking">
            <Working>{t("working")}</Working>
          </div>
        )}
      </div>
      <div className="p-line">
        {shot === null ? (
          <span className="p-soft">{t(isNext ? "next" : "waiting")}</span>
        ) : (
          <Measures shot={shot} needed={data.min_sharpness} t={t} />
        )}
        {shot !== null && !data.busy && !isNext && data.attempts_left > 0 && (
          <button type="button" className="p-link" onClick={props.onRetake}>
            <RefreshCw size={16} aria-hidden />
            {t("retake")}
          </button>
        )}
      </div>
    </li>
  );
}

function Empty({ isNext, t }: { isNext: boolean; t: T }) {
  return (
    <div className="p-shot-empty">
      <Camera size={34} strokeWidth={1.5} aria-hidden />
      {isNext && <span>{t("empty")}</span>}
      <svg className="p-frame" viewBox="0 0 354 252" preserveAspectRatio="none" aria-hidden>
        <path className="p-frame-line" d="M32 56V26h30M322 56V26h-30M32 180v30h30M322 180v30h-30" />
      </svg>
    </div>
  );
}

/** The file is delivered beside the answer; where it is late by a moment the picture asks once more. */
function Picture({ shot, name, t }: { shot: Shot; name: string; t: T }) {
  const [tries, setTries] = useState(0);
  if (tries > 3) return <div className="p-shot-empty">{t("lost")}</div>;
  return (
    <img
      key={tries}
      src={`/api/v1/evidence/${shot.evidence}${tries === 0 ? "" : `?again=${tries}`}`}
      width={shot.width || undefined}
      height={shot.height || undefined}
      alt={t("picture_of", { side: name })}
      onError={() => setTimeout(() => setTries(tries + 1), 400 * (tries + 1))}
    />
  );
}

/** 0..1 as people read it: `62 %`. */
function share(sharpness: number): string {
  return `${Math.round(sharpness * 100)} %`;
}

function Measures({ shot, needed, t }: { shot: Shot; needed: number; t: T }) {
  const value = share(shot.sharpness);
  const size = t("size", { width: String(shot.width), height: String(shot.height) });
  return (
    <span className="p-measures num" data-tone={shot.blurred ? "warn" : "good"}>
      {shot.blurred ? <TriangleAlert size={15} aria-hidden /> : <Check size={15} aria-hidden />}
      {shot.blurred ? t("blurred", { value, needed: share(needed) }) : t("sharp", { value })}
      <span className="p-soft"> · {size}</span>
    </span>
  );
}

function Problem({ problem, t }: Pick<CaptureData, "problem"> & { t: T }) {
  if (problem === null) return null;
  const words = problem === "blurred" ? "problem_blurred" : problem;
  return (
    <p className="p-banner" role="status">
      <TriangleAlert size={18} aria-hidden />
      <span>{t(words)}</span>
    </p>
  );
}
