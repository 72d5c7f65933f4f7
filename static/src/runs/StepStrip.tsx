/** The way of the run as cards in a line that turns at the edge, in step with the clock. */

import { RotateCw, TriangleAlert } from "lucide-react";
import { useMessages } from "../i18n/messages";
import { SvgIcon } from "../ui/SvgIcon";
import { runsTexts } from "./texts";
import type { StripStep } from "./trail";
import { groupOf } from "./words";

export interface StepStripProps {
  readonly steps: readonly StripStep[];
  /** The step at which the run was halted. */
  readonly halted: string | null;
  readonly titleOf: (node: string) => string;
  readonly iconOf: (component: string) => string;
  readonly seek: (to_ms: number) => void;
}

export function StepStrip({ steps, halted, titleOf, iconOf, seek }: StepStripProps) {
  const t = useMessages(runsTexts);
  return (
    <ol className="replay-strip" aria-label={t("steps")}>
      {steps.map((step) => (
        <li key={step.node} data-state={step.state}>
          <button
            type="button"
            className="replay-card"
            data-state={step.state}
            data-halted={step.node === halted || undefined}
            data-group={groupOf(step.component)}
            disabled={step.from_ms === null}
            aria-current={step.state === "current" ? "step" : undefined}
            onClick={() => step.from_ms !== null && seek(step.from_ms)}
          >
            <span className="replay-card-tile">
              <SvgIcon svg={iconOf(step.component)} size={13} fallback={<i />} />
            </span>
            <span>{titleOf(step.node)}</span>
            {step.node === halted && <TriangleAlert size={14} aria-label={t("halted_here")} />}
            {step.visits > 1 && (
              <em title={t("visits", { n: step.visits })}>
                <RotateCw size={10} aria-hidden />
                {step.visits}
              </em>
            )}
          </button>
        </li>
      ))}
    </ol>
  );
}
