/** Which steps the flow rail shows: what is done folds into one chip, so the current step is never pushed away. Pure. */

export interface RailStep {
  readonly node: string;
  readonly state: "done" | "current" | "next";
}

export interface Rail<Step extends RailStep> {
  /** Done steps that are not shown one by one. */
  readonly folded: number;
  readonly shown: readonly Step[];
  /** Next steps beyond the room there is. */
  readonly hidden: number;
}

interface Nested {
  readonly state: RailStep["state"];
  readonly steps?: readonly Nested[];
}

/** Steps in one line: in place of a sub-flow that is under way, its own. */
export function unfolded<Step extends Nested & { readonly steps?: readonly Step[] }>(
  steps: readonly Step[],
): readonly Step[] {
  return steps.flatMap((step) => {
    const isUnderWay = step.state === "current" && step.steps && step.steps.length > 0;
    return isUnderWay ? unfolded(step.steps) : [step];
  });
}

/** Every step there is, those of all sub-flows too. */
export function everyStep<Step extends Nested & { readonly steps?: readonly Step[] }>(
  steps: readonly Step[],
): readonly Step[] {
  return steps.flatMap((step) => [step, ...everyStep(step.steps ?? [])]);
}

/** Done steps that stay readable beside the current one when there is room. */
const LAST_DONE = 2;

/** `room` is how many chips fit beside the fold; the current step and the one after it always fit. */
export function foldRail<Step extends RailStep>(steps: readonly Step[], room: number): Rail<Step> {
  const done = steps.filter((step) => step.state === "done");
  const rest = steps.filter((step) => step.state !== "done");
  const kept = Math.min(done.length, LAST_DONE, Math.max(0, room - rest.length));
  const shownDone = done.length <= kept ? done : done.slice(done.length - kept);
  const space = Math.max(2, room - shownDone.length);
  return {
    folded: done.length - shownDone.length,
    shown: [...shownDone, ...rest.slice(0, space)],
    hidden: Math.max(0, rest.length - space),
  };
}
