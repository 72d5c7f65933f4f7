/** Runs within this one: each sub-flow has a run of its own, with its own log, and is read as part of this call. */

import { ChevronRight, CornerDownRight } from "lucide-react";
import { clockText } from "../desk/words";
import { useMessages } from "../i18n/messages";
import { Badge } from "../ui/Badge";
import { runsTexts } from "./texts";
import type { RelatedRun } from "./types";
import { resultOf } from "./words";

export interface FamilyProps {
  readonly runs: readonly RelatedRun[];
  /** Of the steps of this run, in whose place they run. */
  readonly titleOf: (node: string) => string;
}

export function Family({ runs, titleOf }: FamilyProps) {
  const t = useMessages(runsTexts);
  if (runs.length === 0) return null;
  return (
    <section className="replay-family" aria-labelledby="family-title">
      <h2 id="family-title">{t("family")}</h2>
      <ul>
        {runs.map((run) => (
          <Relative key={run.id} run={run} step={titleOf(run.node)} />
        ))}
      </ul>
    </section>
  );
}

function Relative({ run, step }: { readonly run: RelatedRun; readonly step: string }) {
  const t = useMessages(runsTexts);
  const result = resultOf(run);
  return (
    <li>
      <a href={`/runs/${run.id}`}>
        <CornerDownRight size={15} aria-hidden />
        <span className="replay-family-name">
          <b>{run.flow}</b> <small>{t("version", { n: run.version })}</small>
          {step !== run.flow && <small> · {t("family_at", { step })}</small>}
        </span>
        <span className="mono">{run.number}</span>
        <Badge tone={result.tone}>{t(result.key)}</Badge>
        <span className="num replay-family-time">{timeOf(run)}</span>
        <ChevronRight size={14} aria-hidden />
      </a>
    </li>
  );
}

function timeOf({ started_at, ended_at }: RelatedRun): string {
  return ended_at === null ? "–" : clockText(Date.parse(ended_at) - Date.parse(started_at));
}
