/** The chain of events as a list that follows the clock, filtered by what they are about. */

import { useEffect, useRef, useState } from "react";
import { clockText } from "../desk/words";
import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Segments } from "../ui/Switch";
import { eventText } from "./event_texts";
import { endOf, type WholeRun } from "./load";
import { runsTexts } from "./texts";
import type { RunEvent } from "./types";
import { classOf, type EventClass, markOf, shortHash, textOf } from "./words";

export interface EventsTabProps {
  readonly whole: WholeRun;
  readonly at_ms: number;
  readonly seek: (to_ms: number) => void;
}

type Filter = "all" | EventClass;
const FILTERS = ["all", "people", "steps", "media", "system"] as const;

export function EventsTab({ whole, at_ms, seek }: EventsTabProps) {
  const t = useMessages(runsTexts);
  const [filter, setFilter] = useState<Filter>("all");
  const list = useRef<HTMLOListElement>(null);
  const shown = whole.events.filter((event) => filter === "all" || classOf(event) === filter);
  const current = shown.findLast((event) => event.at_ms <= at_ms)?.seq ?? null;
  useFollowed(list, current);
  return (
    <div className="replay-events">
      <Segments<Filter>
        label={t("filter")}
        value={filter}
        onChange={setFilter}
        options={FILTERS.map((value) => ({ value, label: t(`filter_${value}`) }))}
      />
      {shown.length === 0 && <p className="replay-none">{t("events_none")}</p>}
      <ol ref={list}>
        {shown.map((event) => (
          <EventRow
            key={event.seq}
            event={event}
            whole={whole}
            isCurrent={event.seq === current}
            seek={seek}
          />
        ))}
      </ol>
    </div>
  );
}

/** Keeps the current event in sight, without taking the page along. */
function useFollowed(
  list: { readonly current: HTMLOListElement | null },
  seq: number | null,
): void {
  useEffect(() => {
    const row = list.current?.querySelector<HTMLElement>(`[data-seq="${seq}"]`);
    const box = list.current;
    if (!row || !box) return;
    const top = row.offsetTop - box.offsetTop;
    const isOut = top < box.scrollTop || top + row.offsetHeight > box.scrollTop + box.clientHeight;
    if (isOut) box.scrollTo({ top: top - box.clientHeight / 3 });
  }, [list, seq]);
}

interface EventRowProps {
  readonly event: RunEvent;
  readonly whole: WholeRun;
  readonly isCurrent: boolean;
  readonly seek: (to_ms: number) => void;
}

function EventRow({ event, whole, isCurrent, seek }: EventRowProps) {
  const t = useMessages(runsTexts);
  const locale = useLocale();
  const isOver = event.at_ms >= endOf(whole.run);
  const who = whole.run.people.find((person) => person.id === event.actor)?.name ?? "";
  return (
    <li data-seq={event.seq} data-current={isCurrent || undefined}>
      <button type="button" className="replay-event" onClick={() => seek(event.at_ms)}>
        <i className="replay-mark" data-mark={markOf(event, isOver)} data-past />
        <span>
          <b>{eventText(event, locale, isOver)}</b>
          <small>{[textOf(event.title, locale), who].filter(Boolean).join(" · ")}</small>
        </span>
        <time className="num">{clockText(event.at_ms)}</time>
      </button>
      {isCurrent && (
        <details>
          <summary>{t("event_data")}</summary>
          <pre className="mono">{JSON.stringify(event.data, null, 1)}</pre>
          <p className="mono" title={event.hash}>
            {event.seq} · {t("event_hash")} {shortHash(event.hash)}
          </p>
        </details>
      )}
    </li>
  );
}
