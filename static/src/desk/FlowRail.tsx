/** The steps of the call: done folded, current filled, recording as a red band below. */

import { Check, TriangleAlert } from "lucide-react";
import { Fragment } from "react";
import type { View, ViewStep } from "../api/socket";
import { useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { DoneSteps } from "./DoneSteps";
import { foldRail, unfolded } from "./rail";
import { useWidth } from "./stores";
import { deskTexts } from "./texts";

/** Room of one chip with its line, and what stands beside the rail. */
const CHIP_PX = 122;
const BESIDE_PX = 410;

export function FlowRail({ view }: { view: View }) {
  const t = useMessages(deskTexts);
  const width = useWidth();
  const room = Math.max(2, Math.floor((width - (width > 1100 ? BESIDE_PX : 160)) / CHIP_PX));
  const steps = unfolded(view.steps);
  const within = new Set(steps.filter((step) => !view.steps.includes(step)));
  const rail = foldRail(steps, room);
  const band = recordedFrom(view);
  const order = steps.map((step) => step.node);
  const isRecorded = (step: ViewStep) => band >= 0 && order.indexOf(step.node) > band;
  return (
    <ol className="call-rail" aria-label={t("steps")}>
      {rail.folded > 0 && (
        <DoneSteps
          label={t("done_n", { n: rail.folded })}
          steps={[
            ...steps.filter((step) => step.state === "done").slice(0, rail.folded),
            ...steps.filter((step) => step.state === "next" && hasPast(step)),
          ]}
        />
      )}
      {rail.shown.map((step, index) => (
        <Fragment key={step.node}>
          {(index > 0 || rail.folded > 0) && (
            <li
              className="call-line"
              aria-hidden
              data-done={step.state !== "next" || undefined}
              data-band={bandOf(step, isRecorded(step))}
            />
          )}
          <Chip
            step={step}
            band={bandOf(step, isRecorded(step))}
            isHalted={step.node === view.incident?.node}
            isWithin={within.has(step) || (step.steps?.length ?? 0) > 0}
          />
        </Fragment>
      ))}
      {rail.hidden > 0 && (
        <>
          <li className="call-line" aria-hidden data-band={band >= 0 ? "ahead" : undefined} />
          <li className="call-chip" data-state="more">
            {t("more_n", { n: rail.hidden })}
          </li>
        </>
      )}
    </ol>
  );
}

interface ChipProps {
  readonly step: ViewStep;
  readonly band: string | undefined;
  readonly isHalted: boolean;
  /** A step of a sub-flow, or a sub-flow as one step. */
  readonly isWithin: boolean;
}

function Chip({ step, band, isHalted, isWithin }: ChipProps) {
  const say = useLocalText();
  if (hasPast(step)) {
    const isNext = step.state === "next";
    const past = step.steps ?? [];
    return <DoneSteps label={say(step.title)} steps={past} isNext={isNext} band={band} isWithin />;
  }
  return (
    <li
      className="call-chip"
      data-state={step.state}
      data-group={step.group}
      data-band={band}
      data-halted={isHalted || undefined}
      data-within={isWithin || undefined}
      aria-current={step.state === "current" ? "step" : undefined}
    >
      {step.state === "done" ? (
        <Check size={15} strokeWidth={2.2} aria-hidden />
      ) : (
        <ChipSign isHalted={isHalted} />
      )}
      <span>{say(step.title)}</span>
    </li>
  );
}

/** A sub-flow ran there and has ended. */
const hasPast = (step: ViewStep): boolean =>
  step.state !== "current" && (step.steps?.length ?? 0) > 0;

function ChipSign({ isHalted }: Pick<ChipProps, "isHalted">) {
  if (isHalted) return <TriangleAlert size={15} aria-hidden />;
  return <i className="call-group" aria-hidden />;
}

function bandOf(step: ViewStep, recorded: boolean): string | undefined {
  if (!recorded) return undefined;
  return step.state === "next" ? "ahead" : "taken";
}

/** Position of the step that started the recording, or -1 while nothing is recorded. */
function recordedFrom(view: View): number {
  const span = view.spans.find((one) => one.name === "recording");
  if (!span) return -1;
  const node = span.activity.slice(0, span.activity.lastIndexOf("."));
  return unfolded(view.steps).findIndex((step) => step.node === node);
}
