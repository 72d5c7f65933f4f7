/** The call: the agent's picture with its signs, the sheet of the current step, the bar below. */

import type { Network, Person, View, ViewActivity } from "../api/socket";
import { pickText, useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { useHasCome } from "../media/arrival";
import { Muted } from "../media/Muted";
import { Others } from "../media/Others";
import type { MediaClient, MediaState } from "../media/types";
import { Video } from "../media/Video";
import { clockText, StepTitle, useClock, Working } from "../panels/kit";
import type { Act } from "../panels/panel";
import { Banners } from "./Banners";
import { CallBar } from "./CallBar";
import { LineMeter } from "./Meter";
import { Paused } from "./Paused";
import { Standing } from "./Standing";
import { StepPanel } from "./StepPanel";
import { agentOf, type Pause, placeOf, recordingSince } from "./screen";
import { texts } from "./texts";

export interface CallProps {
  readonly view: View;
  readonly activity: ViewActivity | null;
  /** Why the steps stand still, null while they do not. */
  readonly pause: Pause | null;
  readonly client: MediaClient;
  readonly media: MediaState;
  readonly isLineLost: boolean;
  /** What the others' lines are like, by participant. */
  readonly network: Readonly<Record<string, Network>>;
  readonly act: Act;
  readonly now: () => number;
  readonly onLeave: () => Promise<void>;
  readonly onConsent: () => void;
}

export function Call(props: CallProps) {
  const { view, activity, client, media } = props;
  const t = useMessages(texts);
  const agent = agentOf(view);
  return (
    <div className="join-call" data-panel={activity?.panel}>
      <Tile view={view} agent={agent} media={media} now={props.now} />
      <section className="join-sheet">
        <div className="join-grab" aria-hidden />
        <Place view={view} />
        <Others view={view} media={media} large={agent === null ? [] : [agent.id]} />
        <Standing view={view} onConsent={props.onConsent} />
        <Banners
          client={client}
          media={media}
          isLineLost={props.isLineLost}
          name={agent?.name || t("agent")}
          theirs={agent === null ? undefined : props.network[agent.id]}
        />
        <Sheet {...props} agent={agent?.name ?? ""} />
      </section>
      <CallBar
        client={client}
        media={media}
        number={view.run.number}
        agent={agent?.name ?? ""}
        onLeave={props.onLeave}
      />
    </div>
  );
}

function Sheet({ pause, activity, agent, client, act, now }: CallProps & { agent: string }) {
  const t = useMessages(texts);
  if (pause !== null) return <Paused why={pause} agent={agent || t("agent")} />;
  if (activity === null) return <Talking name={agent} />;
  return <StepPanel activity={activity} client={client} act={act} now={now} />;
}

interface TileProps {
  readonly view: View;
  readonly agent: Person | null;
  readonly media: MediaState;
  readonly now: () => number;
}

function Tile({ view, agent, media, now }: TileProps) {
  const t = useMessages(texts);
  const name = agent?.name || t("agent");
  const stream = agent === null ? null : (media.remote[agent.id] ?? null);
  const hasCome = useHasCome(stream);
  const since_ms = recordingSince(view);
  return (
    <section className="join-tile" aria-label={t("picture_of", { name })}>
      {stream !== null && <Video stream={stream} label={t("picture_of", { name })} />}
      {!hasCome && (
        <div className="join-tile-empty">
          <Working>{t(media.call === "unavailable" ? "no_place" : "joining", { name })}</Working>
        </div>
      )}
      {hasCome && agent?.muted?.includes("video") && (
        <p className="join-tile-empty join-tile-off">{t("camera_off_of", { name })}</p>
      )}
      <div className="join-tile-signs">
        {since_ms !== null && <Rec since_ms={since_ms} now={now} />}
        <LineMeter stats={media.stats} />
      </div>
      <div className="join-self">
        <Video
          stream={media.local}
          isOwn
          isMirrored={media.facing === "user"}
          label={t("own_picture")}
        />
        <span className="p-plate">{media.is_muted ? t("muted") : t("you")}</span>
      </div>
      {agent !== null && (
        <span className="p-plate join-name">
          <Muted person={agent} />
          {name}
          {agent.staff_no !== "" && <small>{t("staff_no", { number: agent.staff_no })}</small>}
        </span>
      )}
    </section>
  );
}

function Rec({ since_ms, now }: { readonly since_ms: number; readonly now: () => number }) {
  const t = useMessages(texts);
  const at_ms = useClock(now);
  return (
    <span className="join-rec" title={t("recording")}>
      <i aria-hidden />
      {t("rec")} <span className="num">{clockText(at_ms - since_ms).padStart(5, "0")}</span>
    </span>
  );
}

function Place({ view }: { readonly view: View }) {
  const t = useMessages(texts);
  const locale = useLocale();
  const place = placeOf(view);
  if (place === null || place.of < 2) return null;
  const step = view.steps[place.at - 1];
  const title = pickText(step?.title, locale);
  return (
    <div className="join-place">
      <p>{t("step_of", { at: place.at, of: place.of, title })}</p>
      <div className="join-segments" aria-hidden>
        {view.steps.map((one) => (
          <i key={one.node} data-state={one.state} />
        ))}
      </div>
    </div>
  );
}

function Talking({ name }: { readonly name: string }) {
  const t = useMessages(texts);
  return (
    <div className="panel" data-finish="phone">
      <div className="p-sheet-body p-progress">
        <StepTitle>{t("talking", { name: name || t("agent") })}</StepTitle>
        <p className="p-soft">{t("talking_text")}</p>
      </div>
    </div>
  );
}
