/** The auditor's replay of one run: recordings, steps and lanes on one clock; evidence, events and answers beside. */

import { ChevronRight, Download, RefreshCw } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";
import { timeOfDay } from "../desk/words";
import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Skeleton } from "../ui/Skeleton";
import { Tabs } from "../ui/Tabs";
import { AnswersTab } from "./AnswersTab";
import { lanesOf } from "./clock";
import { useDownload } from "./download";
import { EventsTab } from "./EventsTab";
import { EvidenceTab } from "./EvidenceTab";
import { Lanes } from "./Lanes";
import { endOf, lengthOf, readRun, useLoaded, type WholeRun } from "./load";
import { type Names, useNames } from "./names";
import { Players } from "./Players";
import { useGrants, useReplay } from "./replay";
import { StepStrip } from "./StepStrip";
import { Transport } from "./Transport";
import { runsTexts } from "./texts";
import { type Chapter, chaptersOf, endChapter, stripOf } from "./trail";
import { personName, resultOf } from "./words";

export function ReplayPage({ id }: { id: string }) {
  const t = useMessages(runsTexts);
  const read = useCallback((signal: AbortSignal) => readRun(id, signal), [id]);
  const { loaded, reload } = useLoaded(read);
  if (loaded.state === "loading") return <Loading />;
  if (loaded.state === "ready") return <Replayed whole={loaded.value} reload={reload} />;
  const isMissing = loaded.status === 404 || loaded.status === 403;
  return (
    <main className="runs-main">
      <EmptyState
        title={t(isMissing ? "not_found" : "failed")}
        text={t(isMissing ? "not_found_text" : "failed_text")}
      >
        {!isMissing && (
          <Button kind="primary" onClick={reload}>
            {t("retry")}
          </Button>
        )}
        <a className="btn" href="/runs/">
          {t("back")}
        </a>
      </EmptyState>
    </main>
  );
}

function Loading() {
  const t = useMessages(runsTexts);
  return (
    <main className="replay" aria-busy="true">
      <p className="visually-hidden" role="status">
        {t("loading_run")}
      </p>
      <div className="replay-left replay-loading">
        <Skeleton height={270} />
        <Skeleton height={150} />
        <Skeleton height={240} />
      </div>
    </main>
  );
}

interface ReplayedProps {
  readonly whole: WholeRun;
  readonly reload: () => void;
}

function Replayed({ whole, reload }: ReplayedProps) {
  const { run } = whole;
  const files = useMemo(() => run.recordings.flatMap((one) => one.files), [run]);
  const lanes = useMemo(() => lanesOf(files), [files]);
  const names = useNames(whole);
  const length_ms = lengthOf(whole);
  const begin_ms = Math.max(
    0,
    Math.min(length_ms, ...lanes.map((lane) => lane.parts[0]?.from_ms ?? 0)),
  );
  const { clock, move } = useReplay(length_ms, lanes.length > 0 ? begin_ms : 0);
  const grant = useGrants(run.id);
  const chapters = useMemo(() => wayOf(whole, length_ms), [whole, length_ms]);
  const seek = useCallback((to_ms: number) => move({ kind: "seek", to_ms }), [move]);
  return (
    <main className="replay">
      <ReplayHead whole={whole} reload={reload} grant={grant} />
      <div className="replay-left">
        <Players run={run} lanes={lanes} clock={clock} move={move} grant={grant} />
        <Transport clock={clock} move={move} chapters={chapters} />
        <StepStrip
          steps={stripOf(run.graph, chapters, clock.at_ms)}
          titleOf={names.titleOf}
          iconOf={names.iconOf}
          seek={seek}
        />
        <Lanes
          clock={clock}
          move={move}
          lanes={lanes}
          chapters={chapters}
          events={whole.events}
          end_ms={endOf(run)}
          titleOf={names.titleOf}
          groupOfNode={names.groupOfNode}
        />
      </div>
      <Beside whole={whole} names={names} at_ms={clock.at_ms} seek={seek} grant={grant} />
    </main>
  );
}

/** The steps gone through, and the end that a closed run came to. */
function wayOf({ run, events }: WholeRun, length_ms: number): readonly Chapter[] {
  const end_ms = endOf(run);
  if (run.ending === null || end_ms > length_ms) return chaptersOf(events, length_ms, false);
  const end = endChapter(run.graph, run.ending, end_ms);
  const chapters = chaptersOf(events, end_ms, true);
  return end ? [...chapters, end] : chapters;
}

interface BesideProps {
  readonly whole: WholeRun;
  readonly names: Names;
  readonly at_ms: number;
  readonly seek: (to_ms: number) => void;
  readonly grant: (file: string) => Promise<string>;
}

type TabId = "evidence" | "events" | "answers";

function Beside({ whole, names, at_ms, seek, grant }: BesideProps) {
  const t = useMessages(runsTexts);
  const [tab, setTab] = useState<TabId>("evidence");
  return (
    <aside className="replay-beside">
      <Tabs<TabId>
        label={t("title")}
        selected={tab}
        onSelect={setTab}
        tabs={[
          {
            id: "evidence",
            label: t("tab_evidence"),
            panel: (
              <EvidenceTab run={whole.run} labelOf={names.labelOf} seek={seek} grant={grant} />
            ),
          },
          {
            id: "events",
            label: t("tab_events"),
            mark: <span className="count">{whole.events.length}</span>,
            panel: <EventsTab whole={whole} at_ms={at_ms} seek={seek} />,
          },
          { id: "answers", label: t("tab_answers"), panel: <AnswersTab run={whole.run} /> },
        ]}
      />
    </aside>
  );
}

interface HeadProps {
  readonly whole: WholeRun;
  readonly reload: () => void;
  readonly grant: (file: string) => Promise<string>;
}

function ReplayHead({ whole, reload, grant }: HeadProps) {
  const t = useMessages(runsTexts);
  const locale = useLocale();
  const { run, events } = whole;
  const result = resultOf(run);
  const customer = personName(run.people, "customer") || t("unnamed");
  const files = run.recordings.flatMap((one) => one.files).filter((file) => file.bytes > 0);
  const { busy, download } = useDownload(grant);
  const started = new Date(run.started_at);
  useEffect(() => {
    document.title = `${run.number} · Counterflow`;
  }, [run.number]);
  return (
    <header className="replay-top">
      <nav aria-label={t("title")}>
        <a href="/runs/">{t("title")}</a>
        <ChevronRight size={14} aria-hidden />
      </nav>
      <h1>{`${customer}, ${run.flow}`}</h1>
      <Badge tone={result.tone}>{t(result.key)}</Badge>
      <span className="replay-grow" />
      <span className="replay-facts">
        <time dateTime={run.started_at}>
          {started.toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" })}
        </time>
        <span>
          {run.flow} <b>{t("version", { n: run.version })}</b>
        </span>
        <span className="mono">{run.number}</span>
      </span>
      {run.status !== "closed" && (
        <Button icon={<RefreshCw size={15} aria-hidden />} onClick={reload}>
          <span className="visually-hidden">
            {t("live", {
              time: timeOfDay(started.getTime() + (events.at(-1)?.at_ms ?? 0), locale, true),
            })}
          </span>
          {t("refresh")}
        </Button>
      )}
      {files.length > 0 && (
        <Button
          icon={<Download size={15} aria-hidden />}
          disabled={busy !== null}
          onClick={() => void download(files)}
        >
          {t(busy !== null ? "downloading" : "download_all")}
        </Button>
      )}
    </header>
  );
}
