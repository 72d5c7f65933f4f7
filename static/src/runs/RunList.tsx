/** All runs a person may see: search, status, newest first, older ones on demand. */

import { History, Search, SearchX } from "lucide-react";
import { type ReactNode, useCallback, useEffect, useState } from "react";
import { useLoaded } from "../api/useLoaded";
import { clockText } from "../desk/words";
import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Skeleton } from "../ui/Skeleton";
import { eraseTexts } from "./erase_texts";
import { appendRuns, freshenRuns, type RunQuery, readRuns } from "./load";
import { runsTexts } from "./texts";
import type { RunRow } from "./types";
import { resultOf } from "./words";

const STATUSES = ["", "incident", "open", "suspended", "compensating", "closed"] as const;
const TYPING_MS = 250;
const FRESHEN_MS = 10_000;

export function RunList() {
  const t = useMessages(runsTexts);
  const [query, setQuery] = useState<RunQuery>({ text: "", status: "" });
  useEffect(() => {
    document.title = `${t("title")} · Counterflow`;
  }, [t]);
  return (
    <main className="runs-main">
      <header className="runs-head">
        <div>
          <h1>{t("title")}</h1>
          <p>{t("lead")}</p>
        </div>
        <Filters query={query} onQuery={setQuery} />
      </header>
      <Results
        key={`${query.text}|${query.status}`}
        query={query}
        clear={() => setQuery({ text: "", status: "" })}
      />
    </main>
  );
}

interface FiltersProps {
  readonly query: RunQuery;
  readonly onQuery: (query: RunQuery) => void;
}

function Filters({ query, onQuery }: FiltersProps) {
  const t = useMessages(runsTexts);
  const [text, setText] = useState(query.text);
  useEffect(() => setText(query.text), [query.text]);
  useEffect(() => {
    const timer = window.setTimeout(() => {
      if (text.trim() !== query.text) onQuery({ ...query, text: text.trim() });
    }, TYPING_MS);
    return () => window.clearTimeout(timer);
  }, [text, query, onQuery]);
  return (
    <search className="runs-filters">
      <label className="runs-search">
        <Search size={15} aria-hidden />
        <span className="visually-hidden">{t("search")}</span>
        <input
          className="input"
          type="search"
          placeholder={t("search")}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <label>
        <span className="visually-hidden">{t("status")}</span>
        <select
          className="input"
          value={query.status}
          onChange={(event) => onQuery({ ...query, status: event.currentTarget.value })}
        >
          {STATUSES.map((status) => (
            <option key={status} value={status}>
              {t(status === "" ? "status_all" : `status_${status}`)}
            </option>
          ))}
        </select>
      </label>
    </search>
  );
}

function Results({ query, clear }: { query: RunQuery; clear: () => void }) {
  const t = useMessages(runsTexts);
  const read = useCallback((signal: AbortSignal) => readRuns(query, 1, signal), [query]);
  const { loaded, reload } = useLoaded(read);
  if (loaded.state === "loading") return <Loading />;
  if (loaded.state === "failed") {
    return (
      <EmptyState title={t("failed")} text={t("failed_text")}>
        <Button kind="primary" onClick={reload}>
          {t("retry")}
        </Button>
      </EmptyState>
    );
  }
  if (loaded.value.results.length === 0) {
    return <Nothing isFiltered={query.text !== "" || query.status !== ""} clear={clear} />;
  }
  const { results, next } = loaded.value;
  return <Table first={results} hasMore={next !== null} query={query} />;
}

function Loading() {
  const t = useMessages(runsTexts);
  return (
    <div className="runs-panel runs-loading" aria-busy="true">
      <p className="visually-hidden" role="status">
        {t("loading")}
      </p>
      {["a", "b", "c", "d", "e"].map((row) => (
        <Skeleton key={row} height={20} />
      ))}
    </div>
  );
}

function Nothing({ isFiltered, clear }: { isFiltered: boolean; clear: () => void }) {
  const t = useMessages(runsTexts);
  if (!isFiltered) {
    return (
      <EmptyState
        icon={<History size={28} aria-hidden />}
        title={t("none")}
        text={t("none_text")}
      />
    );
  }
  return (
    <EmptyState
      icon={<SearchX size={28} aria-hidden />}
      title={t("none_found")}
      text={t("none_found_text")}
    >
      <Button onClick={clear}>{t("clear")}</Button>
    </EmptyState>
  );
}

interface TableProps {
  readonly first: readonly RunRow[];
  readonly hasMore: boolean;
  readonly query: RunQuery;
}

function Table({ first, hasMore, query }: TableProps) {
  const t = useMessages(runsTexts);
  const [rows, setRows] = useState(first);
  const [page, setPage] = useState(1);
  const [more, setMore] = useState(hasMore);
  const [busy, setBusy] = useState(false);
  useFreshened(query, setRows);
  const readMore = async () => {
    setBusy(true);
    const answer = await readRuns(query, page + 1, new AbortController().signal).catch(() => null);
    setBusy(false);
    if (!answer) return;
    setRows((before) => appendRuns(before, answer.results));
    setPage(page + 1);
    setMore(answer.next !== null);
  };
  const columns = ["number", "flow", "result", "agent", "started", "duration"] as const;
  return (
    <div className="runs-panel">
      <table className="runs-table">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col" data-column={column}>
                {t(`col_${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((run) => (
            <Row key={run.id} run={run} />
          ))}
        </tbody>
      </table>
      {more && (
        <p className="runs-more">
          <Button disabled={busy} onClick={() => void readMore()}>
            {t(busy ? "loading" : "more")}
          </Button>
        </p>
      )}
    </div>
  );
}

/** While somebody looks, the list says how its runs stand now. A failure shows what was known. */
function useFreshened(
  query: RunQuery,
  setRows: (change: (before: readonly RunRow[]) => readonly RunRow[]) => void,
): void {
  useEffect(() => {
    const stop = new AbortController();
    const timer = window.setInterval(() => {
      if (document.hidden) return;
      readRuns(query, 1, stop.signal)
        .then((latest) => setRows((before) => freshenRuns(before, latest)))
        .catch(() => undefined);
    }, FRESHEN_MS);
    return () => {
      stop.abort();
      window.clearInterval(timer);
    };
  }, [query, setRows]);
}

function Row({ run }: { run: RunRow }) {
  const t = useMessages(runsTexts);
  const say = useMessages(eraseTexts);
  const locale = useLocale();
  const result = resultOf(run);
  const started = new Date(run.started_at);
  const cells: readonly (readonly [string, ReactNode])[] = [
    ["agent", run.agent || "–"],
    [
      "started",
      <time key="time" dateTime={run.started_at}>
        {started.toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" })}
      </time>,
    ],
    ["duration", run.duration_ms === null ? "–" : clockText(run.duration_ms)],
  ];
  return (
    <tr>
      <td data-column="number">
        <a className="mono" href={`/runs/${run.id}`}>
          {run.number}
        </a>
      </td>
      <td data-column="flow">
        <b>{run.flow}</b> <small>{t("version", { n: run.version })}</small>
      </td>
      <td data-column="result">
        <Badge tone={result.tone}>{t(result.key)}</Badge>
        {run.late && <Badge tone="warning">{t("late")}</Badge>}
        {run.erased_at && <Badge tone="line">{t("erased")}</Badge>}
        {run.to_be_erased && <Badge tone="warning">{say("to_be_erased")}</Badge>}
      </td>
      {cells.map(([column, cell]) => (
        <td key={column} data-column={column} className="num">
          {cell}
        </td>
      ))}
    </tr>
  );
}
