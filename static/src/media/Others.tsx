/** Everybody in a call beside the large picture: a grid of tiles with name and role, who speaks is marked. */

import { type ReactNode, useEffect, useState } from "react";
import type { Person, View } from "../api/socket_types";
import { useMessages } from "../i18n/messages";
import { companyOf, type Shown } from "./company";
import { watchLevel } from "./level";
import { Muted } from "./Muted";
import "./others.css";
import { mediaTexts } from "./texts";
import type { MediaState } from "./types";
import { Video } from "./Video";

export interface OthersProps {
  readonly view: View;
  readonly media: MediaState;
  /** Participants whose own picture is large elsewhere on the page. */
  readonly large: readonly string[];
  /** What can be done about a person, on their tile. */
  readonly actions?: (person: Person) => ReactNode;
}

export function Others({ view, media, large, actions }: OthersProps) {
  const t = useMessages(mediaTexts);
  const { people, you } = view;
  const streams = Object.keys(media.remote);
  const { shown, heard } = companyOf({ people, you: you.participant, streams, large });
  return (
    <>
      {heard.map((key) => (
        <div key={key} hidden>
          <Video stream={media.remote[key] ?? null} label={key} />
        </div>
      ))}
      {shown.length > 0 && (
        <ul className="others" aria-label={t("others")}>
          {shown.map((one) => (
            <Tile key={one.key} shown={one} stream={media.remote[one.key] ?? null}>
              {one.isScreen ? null : actions?.(one.person)}
            </Tile>
          ))}
        </ul>
      )}
    </>
  );
}

interface TileProps {
  readonly shown: Shown;
  readonly stream: MediaStream | null;
  readonly children: ReactNode;
}

function Tile({ shown, stream, children }: TileProps) {
  const t = useMessages(mediaTexts);
  const { person, isScreen } = shown;
  const isSpeaking = useSpeaking(isScreen ? null : stream);
  const role = t(person.role);
  const name = person.name || role;
  const label = isScreen ? t("screen_of", { name }) : name;
  const isSeen = stream !== null && stream.getVideoTracks().length > 0;
  return (
    <li
      data-speaking={isSpeaking || undefined}
      data-screen={isScreen || undefined}
      data-unseen={!isSeen || undefined}
    >
      {stream !== null && <Video stream={stream} label={label} />}
      {!isSeen && <span className="others-none">{t("no_picture")}</span>}
      <span className="others-name">
        {!isScreen && <Muted person={person} />}
        {label} <small>{isScreen ? "" : (stateOf(person, t) ?? role)}</small>
      </span>
      {children !== null && children !== undefined && <span className="others-do">{children}</span>}
    </li>
  );
}

function stateOf(
  person: Person,
  t: (key: "on_hold" | "waits" | "whispers") => string,
): string | null {
  if (person.mode === "hold") return t("on_hold");
  if (person.mode === "waiting") return t("waits");
  return person.mode === "whisper" ? t("whispers") : null;
}

const LOUD = 0.35;
const HOLDS_MS = 600;

/** Whether the stream's sound is speech just now; it stays so over the gaps between words. */
function useSpeaking(stream: MediaStream | null): boolean {
  const [isSpeaking, setSpeaking] = useState(false);
  const track = stream?.getAudioTracks()[0] ?? null;
  useEffect(() => {
    if (track === null) return;
    let heard_ms = 0;
    const stop = watchLevel(track, (level) => {
      const now_ms = performance.now();
      if (level > LOUD) heard_ms = now_ms;
      setSpeaking(heard_ms > 0 && now_ms - heard_ms < HOLDS_MS);
    });
    return () => {
      stop();
      setSpeaking(false);
    };
  }, [track]);
  return isSpeaking;
}
