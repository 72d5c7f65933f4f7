/** One run: how it stands and what can be decided; recordings, steps and lanes on one clock; what proves it beside. */

import { ChevronRight, Download } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";
import type { Me } from "../home/me";
import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Skeleton } from "../ui/Skeleton";
import { Tabs } from "../ui/Tabs";
import { AnswersTab } from "./AnswersTab";
import { lanesOf } from "./clock";
import { DecisionMenu } from "./DecisionMenu";
import { useDownload } from "./download";
import { ErasePage } from "./ErasePage";
import { EventsTab } from "./EventsTab";
import { EvidenceTab } from "./EvidenceTab";
import { Family } from "./Family";
import { Lanes } from "./Lanes";
import { useLiveRun } from "./live";
import { endOf, lengthOf, type WholeRun } from "./load";
import { type Names, useNames } from "./names";
import { Oversee } from "./Oversee";
import { Players } from "./Players";
import { useGrants, useReplay } from "./replay";
import { Standing } from "./Standing";
import { StepStrip } from "./StepStrip";
import { Transport } from "./Transport";
import { runsTexts } from "./texts";
import { type Chapter, chaptersOf, endChapter, stripOf, withCurrent } from "./trail";
import { personName, resultOf } from "./words";

/** The site keeps the run and cannot open it: its key is not at hand (RFC 9110 §15.6.4). */
const SEALED = 503;

export interface ReplayPageProps {
  readonly id: string;
  readonly me: Me;
}

export function ReplayPage({ id, me }: ReplayPageProps) {
  const t = useMessages(runsTexts);
  const { loaded, refresh } = useLiveRun(id);
  if (loaded.state === "loading") return <Loading />;
  const isAdmin = me.roles.includes("admin");
  if (loaded.state === "ready") {
    return <Replayed whole={loaded.value} erases={isAdmin} refresh={refresh} />;
  }
  const isMissing = loaded.status === 404 || loaded.status === 403;
  if (isMissing && isAdmin) return <ErasePage id={id} />; // to read it is another's right
  const key = isMissing ? "not_found" : loaded.status === SEALED ? "sealed" : "failed";
  return (
    <main className="runs-main">
      <EmptyState title={t(key)} text={t(`${key}_text`)}>
        {!isMissing && (
          <Button kind="primary" onClick={refresh}>
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
  /** Whether this person may erase it. */
  readonly erases: boolean;
  readonly refresh: () => void;
}

function Replayed({ whole, erases, refresh }: ReplayedProps) {
  const { run } = whole;
  const files = useMemo(() => run.recordings.flatMap((one) => one.files), [run]);
  const lanes = useMemo(() => lanesOf(files), [files]);
  const names = useNames(whole);
  const length_ms = lengthOf(whole);
  const begin_ms = Math.max(
    0,
    Math.min(length_ms, ...lanes.map((lane) => lane.parts[0]?.from_ms ?? 0)),
  );
  const isLive = run.status !== "closed";
  const from_ms = lanes.length > 0 ? begin_ms : 0;
  const { clock, move } = useReplay(length_ms, isLive ? length_ms : from_ms);
  const grant = useGrants(run.id);
  const chapters = useMemo(() => wayOf(whole, length_ms), [whole, length_ms]);
  const seek = useCallback((to_ms: number) => move({ kind: "seek", to_ms }), [move]);
  return (
    <main className="replay">
      <ReplayHead whole={whole} names={names} erases={erases} refresh={refresh} grant={grant} />
      <Standing whole={whole} refresh={refresh} />
      <div className="replay-left">
        <Oversee run={run} />
        <Players run={run} lanes={lanes} clock={clock} move={move} grant={grant} />
        <Transport clock={clock} move={move} chapters={chapters} />
        <StepStrip
          steps={stripOf(run.graph, chapters, clock.at_ms)}
          halted={run.incident?.node ?? null}
          titleOf={names.titleOf}
          iconOf={names.iconOf}
          seek={seek}
        />
        <Family runs={run.children} titleOf={names.titleOf} />
        <Lanes
          clock={clock}
          move={move}
          lanes={lanes}
          chapters={chapters}
          marks={run.recordings.flatMap((one) => one.chapters)}
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

/** The steps gone through, and those the run is at or the end it came to. */
function wayOf({ run, events }: WholeRun, length_ms: number): readonly Chapter[] {
  const end_ms = endOf(run);
  if (run.ending === null || end_ms > length_ms) {
    return withCurrent(chaptersOf(events, 0, true), run.current, length_ms);
  }
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
  readonly names: Names;
  readonly erases: boolean;
  readonly refresh: () => void;
  readonly grant: (file: string) => Promise<string>;
}

function ReplayHead({ whole, names, erases, refresh, grant }: HeadProps) {
  const t = useMessages(runsTexts);
  const locale = useLocale();
  const { run } = whole;
  const result = resultOf(run);
  const customer = personName(run.people, "customer") || t("unnamed");
  const files = run.recordings
    .flatMap((one) => one.files)
    .filter((file) => file.state === "delivered");
  const { busy, download } = useDownload(grant);
  const started = new Date(run.started_at);
  const isLive = run.status !== "closed";
  useEffect(() => {
    document.title = `${run.number} · Counterflow`;
  }, [run.number]);
  return (
    <header className="replay-top">
      <nav aria-label={t("title")}>
        <a href="/runs/">{t("title")}</a>
        <ChevronRight size={14} aria-hidden />
        {run.parent && (
          <>
            <a href={`/runs/${run.parent.id}`} title={run.parent.flow} className="mono">
              {run.parent.number}
            </a>
            <ChevronRight size={14} aria-hidden />
          </>
        )}
      </nav>
      <h1>{`${customer}, ${run.flow}`}</h1>
      <Badge tone={result.tone}>{t(result.key)}</Badge>
      {run.late && <Badge tone="warning">{t("late")}</Badge>}
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
      {isLive && (
        <span className="replay-live" title={t("live")}>
          <i aria-hidden />
          <span className="visually-hidden">{t("live")}</span>
        </span>
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
      <DecisionMenu run={run} titleOf={names.titleOf} erases={erases} refresh={refresh} />
    </header>
  );
}
