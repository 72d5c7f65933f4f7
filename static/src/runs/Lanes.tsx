/** The run on a ruler: steps, each party's recording with its gaps, events, and the playhead. */

import type { CSSProperties, Dispatch, PointerEvent } from "react";
import { clockText } from "../desk/words";
import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import type { Clock, ClockMove, Lane } from "./clock";
import { runsTexts } from "./texts";
import type { Chapter } from "./trail";
import type { RecordedChapter, RunEvent } from "./types";
import { laneName, markOf, spanText, textOf } from "./words";

export interface LanesProps {
  readonly clock: Clock;
  readonly move: Dispatch<ClockMove>;
  readonly lanes: readonly Lane[];
  readonly chapters: readonly Chapter[];
  readonly marks: readonly RecordedChapter[];
  readonly events: readonly RunEvent[];
  /** When the run ended; infinite while it is open. */
  readonly end_ms: number;
  readonly titleOf: (node: string) => string;
  readonly groupOfNode: (node: string) => string;
}

const TICKS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
const MOST_TICKS = 10;

export function Lanes(props: LanesProps) {
  const t = useMessages(runsTexts);
  const { clock, move, lanes } = props;
  const rows = lanes.length + (props.marks.length > 0 ? 1 : 0);
  const share = (ms: number) => `${(100 * ms) / clock.length_ms}%`;
  const seekAt = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const to_ms = ((event.clientX - box.left) / box.width) * clock.length_ms;
    move({ kind: "seek", to_ms });
  };
  return (
    <section
      className="replay-lanes"
      style={{ "--ratio": clock.at_ms / clock.length_ms, "--rows": rows } as CSSProperties}
    >
      <Ruler clock={clock} move={move} share={share} />
      <LaneRow label={t("chapters")} tall>
        <ChapterBlocks {...props} share={share} />
      </LaneRow>
      {props.marks.length > 0 && (
        <LaneRow label={t("marks")}>
          <Marks {...props} share={share} />
        </LaneRow>
      )}
      {lanes.map((lane) => (
        <LaneRow key={lane.id} label={laneName(lane, t)} tall onSeek={seekAt}>
          <RecordedBlocks lane={lane} length_ms={clock.length_ms} share={share} />
        </LaneRow>
      ))}
      <LaneRow label={t("lane_events")} onSeek={seekAt}>
        {props.events.map((event) => (
          <i
            key={event.seq}
            className="replay-mark"
            data-mark={markOf(event, event.at_ms >= props.end_ms)}
            data-past={event.at_ms <= clock.at_ms || undefined}
            style={{ left: share(event.at_ms) }}
          />
        ))}
      </LaneRow>
      <div className="replay-head" aria-hidden>
        <span className="num">{clockText(clock.at_ms)}</span>
      </div>
      <Legend />
    </section>
  );
}

interface LaneRowProps {
  readonly label: string;
  readonly tall?: boolean;
  readonly onSeek?: (event: PointerEvent<HTMLElement>) => void;
  readonly children: React.ReactNode;
}

/** A click in a lane is a short cut for the mouse; the ruler's slider and the list of events serve the keyboard. */
function LaneRow({ label, tall, onSeek, children }: LaneRowProps) {
  return (
    <div className="replay-lane" data-tall={tall || undefined}>
      <span>{label}</span>
      <div onPointerDown={onSeek}>{children}</div>
    </div>
  );
}

type Share = (ms: number) => string;

function Ruler({ clock, move, share }: Pick<LanesProps, "clock" | "move"> & { share: Share }) {
  const t = useMessages(runsTexts);
  const seconds = clock.length_ms / 1000;
  const step = TICKS_S.find((one) => seconds / one <= MOST_TICKS) ?? 3600;
  const ticks = Array.from({ length: Math.floor(seconds / step) + 1 }, (_, n) => n * step * 1000);
  return (
    <div className="replay-lane replay-ruler">
      <span />
      <div>
        {ticks.map((tick) => (
          <i key={tick} className="num" style={{ left: share(tick) }}>
            {clockText(tick)}
          </i>
        ))}
        <input
          type="range"
          min={0}
          max={Math.round(clock.length_ms)}
          step={100}
          value={Math.round(clock.at_ms)}
          aria-label={t("seek")}
          aria-valuetext={clockText(clock.at_ms)}
          onChange={(event) => move({ kind: "seek", to_ms: Number(event.currentTarget.value) })}
        />
      </div>
    </div>
  );
}

/** Blocks narrower than this share of the whole keep their colour but not their word. */
const READABLE = 0.075;

function ChapterBlocks(props: LanesProps & { share: Share }) {
  const { chapters, clock, move, titleOf, groupOfNode, share } = props;
  const shown = chapters.filter((one) => one.to_ms - one.from_ms > clock.length_ms / 400);
  const current = chapters.findLast((one) => one.from_ms <= clock.at_ms);
  return (
    <>
      {shown.map((chapter) => (
        <button
          type="button"
          key={chapter.activity}
          className="replay-chapter"
          data-group={groupOfNode(chapter.node)}
          data-current={chapter === current || undefined}
          title={titleOf(chapter.node)}
          aria-label={`${titleOf(chapter.node)}, ${clockText(chapter.from_ms)}`}
          style={{
            left: share(chapter.from_ms),
            width: share(chapter.to_ms - chapter.from_ms),
          }}
          onClick={() => move({ kind: "seek", to_ms: chapter.from_ms })}
        >
          {(chapter.to_ms - chapter.from_ms) / clock.length_ms > READABLE && titleOf(chapter.node)}
        </button>
      ))}
    </>
  );
}

/** Named moments of the recording: each flag reaches to the next one. */
function Marks({ marks, clock, move, share }: LanesProps & { share: Share }) {
  const locale = useLocale();
  return (
    <>
      {marks.map((mark, index) => {
        const name = textOf(mark.label, locale) || mark.legal_step;
        const until_ms = marks[index + 1]?.at_ms ?? clock.length_ms;
        return (
          <button
            type="button"
            key={`${mark.run} ${mark.at_ms}`}
            className="replay-flag"
            title={name}
            aria-label={`${name}, ${clockText(mark.at_ms)}`}
            style={{ left: share(mark.at_ms), width: share(Math.max(0, until_ms - mark.at_ms)) }}
            onClick={() => move({ kind: "seek", to_ms: mark.at_ms })}
          >
            {name}
          </button>
        );
      })}
    </>
  );
}

/** Gaps narrower than this share of the whole are drawn and can be pointed at, without a word of their own. */
const SAID = 0.04;

interface RecordedProps {
  readonly lane: Lane;
  readonly length_ms: number;
  readonly share: Share;
}

function RecordedBlocks({ lane, length_ms, share }: RecordedProps) {
  const t = useMessages(runsTexts);
  const locale = useLocale();
  return (
    <>
      {lane.parts.map((part) => (
        <i
          key={part.id}
          className="replay-recorded"
          data-role={lane.role}
          style={{ left: share(part.from_ms), width: share(part.to_ms - part.from_ms) }}
        />
      ))}
      {lane.gaps.map((gap) => (
        <i
          key={gap.from_ms}
          className="replay-gap"
          title={t("gap", { time: spanText(gap.to_ms - gap.from_ms, locale) })}
          style={{ left: share(gap.from_ms), width: share(gap.to_ms - gap.from_ms) }}
        >
          {(gap.to_ms - gap.from_ms) / length_ms >= SAID && (
            <b className="num">{t("gap", { time: spanText(gap.to_ms - gap.from_ms, locale) })}</b>
          )}
        </i>
      ))}
    </>
  );
}

function Legend() {
  const t = useMessages(runsTexts);
  return (
    <p className="replay-legend" aria-hidden>
      <span>
        <i className="replay-mark" data-mark="done" data-past /> {t("legend_done")}
      </span>
      <span>
        <i className="replay-mark" data-mark="plain" data-past /> {t("legend_waiting")}
      </span>
      <span>
        <i className="replay-mark" data-mark="failed" data-past /> {t("legend_failed")}
      </span>
      <span>
        <i className="replay-gap" /> {t("legend_gap")}
      </span>
    </p>
  );
}
