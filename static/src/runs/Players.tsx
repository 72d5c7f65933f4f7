/** One picture for each party, all following the replay's clock. */

import { CircleDashed, FileWarning, Unplug } from "lucide-react";
import { type Dispatch, type ReactNode, useEffect, useRef, useState } from "react";
import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { type Clock, type ClockMove, correction, type Lane, type Moment, momentOf } from "./clock";
import { runsTexts } from "./texts";
import type { RunDetail } from "./types";
import { laneName, roleName, spanText } from "./words";

export interface PlayersProps {
  readonly run: RunDetail;
  readonly lanes: readonly Lane[];
  readonly clock: Clock;
  readonly move: Dispatch<ClockMove>;
  readonly grant: (file: string) => Promise<string>;
}

export function Players({ run, lanes, clock, move, grant }: PlayersProps) {
  const t = useMessages(runsTexts);
  const isErased = run.erased_at !== null && lanes.length > 0;
  if (isErased || lanes.length === 0) {
    const key = isErased ? "erased_recordings" : "no_recordings";
    return (
      <div className="replay-tile replay-nothing">
        <Cover icon={<CircleDashed size={28} aria-hidden />} title={t(key)}>
          {t(`${key}_text`)}
        </Cover>
      </div>
    );
  }
  return (
    <section className="replay-tiles" aria-label={t("player")}>
      {lanes.map((lane) => (
        <Player key={lane.id} run={run} lane={lane} clock={clock} move={move} grant={grant} />
      ))}
    </section>
  );
}

interface PlayerProps extends Omit<PlayersProps, "lanes"> {
  readonly lane: Lane;
}

function Player({ run, lane, clock, move, grant }: PlayerProps) {
  const t = useMessages(runsTexts);
  const locale = useLocale();
  const [height, setHeight] = useState(0);
  const moment = momentOf(lane, clock.at_ms);
  const wall = new Date(Date.parse(run.started_at) + clock.at_ms);
  const who = run.people.find((person) => person.id === lane.party);
  const part = moment.kind === "part" ? lane.parts.indexOf(moment.part) + 1 : 0;
  return (
    <figure className="replay-tile" aria-label={laneName(lane, t)}>
      <LaneVideo moment={moment} clock={clock} move={move} grant={grant} onHeight={setHeight} />
      <Covered moment={moment} isLive={run.status !== "closed"} />
      <span className="replay-burn">
        {wall.toLocaleString(locale, { dateStyle: "medium", timeStyle: "medium" })} {run.number}
      </span>
      <span className="replay-quality num">
        {lane.parts.length > 1 && part > 0 && t("part_n", { n: part, all: lane.parts.length })}
        {height > 0 && <b>{height}p</b>}
      </span>
      <figcaption>
        {lane.name && <b>{lane.name}</b>}{" "}
        {lane.second ? t("second_picture") : roleName(lane.role, t)}
        {who?.staff_no && `, ${t("staff_no", { n: who.staff_no })}`}
      </figcaption>
    </figure>
  );
}

function Covered({ moment, isLive }: { moment: Moment; isLive: boolean }) {
  const t = useMessages(runsTexts);
  const locale = useLocale();
  if (moment.kind === "part") return null;
  if (moment.kind === "gap") {
    const time = spanText(moment.gap.to_ms - moment.gap.from_ms, locale);
    return (
      <Cover gap icon={<Unplug size={28} aria-hidden />} title={t("tile_gap", { time })}>
        {t("tile_gap_text")}
      </Cover>
    );
  }
  const key = isLive && moment.kind === "after" ? "tile_live" : (`tile_${moment.kind}` as const);
  return <Cover icon={<CircleDashed size={28} aria-hidden />} title={t(key)} />;
}

interface CoverProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly gap?: boolean;
  readonly children?: ReactNode;
}

function Cover({ icon, title, gap, children }: CoverProps) {
  return (
    <div className="replay-cover" data-gap={gap || undefined}>
      {icon}
      <b>{title}</b>
      {children && <small>{children}</small>}
    </div>
  );
}

interface LaneVideoProps {
  readonly moment: Moment;
  readonly clock: Clock;
  readonly move: Dispatch<ClockMove>;
  readonly grant: (file: string) => Promise<string>;
  readonly onHeight: (height: number) => void;
}

/** A grant lasts a minute; a file that stops answering is asked for again this often before it is given up. */
const TRIES = 3;

function LaneVideo({ moment, clock, move, grant, onHeight }: LaneVideoProps) {
  const t = useMessages(runsTexts);
  const video = useRef<HTMLVideoElement>(null);
  const part = moment.kind === "part" ? moment.part.id : null;
  const { url, failed, again } = useFileUrl(part, grant);
  useFollow(video, moment, clock, url);
  useEffect(() => {
    if (part === null || failed) return;
    move({ kind: "waiting", part, on: url === null });
    return () => move({ kind: "waiting", part, on: false });
  }, [part, url, failed, move]);
  const waiting = (on: boolean) => part && move({ kind: "waiting", part, on });
  return (
    <>
      {/* biome-ignore lint/a11y/useMediaCaption: recordings have no transcript yet */}
      <video
        ref={video}
        src={url ?? undefined}
        hidden={part === null}
        playsInline
        preload="auto"
        onWaiting={() => waiting(true)}
        onSeeking={() => waiting(true)}
        onSeeked={() => waiting(false)}
        onCanPlay={() => waiting(false)}
        onLoadedMetadata={(event) => onHeight(event.currentTarget.videoHeight)}
        onError={() => {
          waiting(false);
          again();
        }}
      />
      {failed && (
        <Cover icon={<FileWarning size={28} aria-hidden />} title={t("tile_failed")}>
          {t("tile_failed_text")}
        </Cover>
      )}
    </>
  );
}

interface FileUrl {
  readonly url: string | null;
  readonly failed: boolean;
  readonly again: () => void;
}

function useFileUrl(file: string | null, grant: (file: string) => Promise<string>): FileUrl {
  const [known, setKnown] = useState<{ readonly file: string; readonly url: string } | null>(null);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    if (file === null || tries >= TRIES) return;
    let gone = false;
    grant(file)
      .then((url) => !gone && setKnown({ file, url }))
      .catch(() => !gone && setTries((n) => n + 1));
    return () => {
      gone = true;
    };
  }, [file, tries, grant]);
  const url = known && known.file === file ? known.url : null;
  return { url, failed: file !== null && tries >= TRIES, again: () => setTries((n) => n + 1) };
}

/** Keeps the element where the clock wants it: position, speed, playing or not. */
function useFollow(
  ref: { readonly current: HTMLVideoElement | null },
  moment: Moment,
  clock: Clock,
  url: string | null,
): void {
  useEffect(() => {
    const video = ref.current;
    if (!video || url === null || moment.kind !== "part" || video.readyState < 1) return;
    follow(video, moment.offset_ms, clock);
  });
  useEffect(() => {
    if (moment.kind !== "part") ref.current?.pause();
  }, [moment.kind, ref]);
}

/** A position at the very end would make the element end and start over. */
const TAIL_MS = 40;

function follow(video: HTMLVideoElement, offset_ms: number, clock: Clock): void {
  const stands = !clock.playing || clock.waiting.length > 0;
  const last_ms = Number.isFinite(video.duration) ? video.duration * 1000 - TAIL_MS : Infinity;
  const wanted_ms = Math.max(0, Math.min(offset_ms, last_ms));
  const { seek_ms, rate } = correction(
    video.currentTime * 1000,
    wanted_ms,
    clock.rate,
    clock.playing,
  );
  if (seek_ms !== null && !video.seeking) video.currentTime = seek_ms / 1000;
  if (Math.abs(video.playbackRate - rate) > 0.01) video.playbackRate = rate;
  if (stands && !video.paused) video.pause();
  if (!stands && video.paused && !video.ended) void video.play().catch(() => undefined);
}
