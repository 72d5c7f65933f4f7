/** The page for each state of a run; which one it is was decided in `screen.ts`. */

import { useState } from "react";
import type { Ending, RunState } from "../api/socket";
import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import type { MediaClient, MediaState } from "../media/types";
import { Closing } from "../panels/closing/Closing";
import type { Act } from "../panels/panel";
import { Call, type CallProps } from "./Call";
import { Notice, type NoticeKind, Opening } from "./Notice";
import { Paused } from "./Paused";
import { Reconnecting } from "./Reconnecting";
import { SheetPage } from "./SheetPage";
import { Shell } from "./Shell";
import { StepPanel } from "./StepPanel";
import { agentOf, recordingSince, type Screen } from "./screen";
import type { Session } from "./session";
import { texts } from "./texts";

export interface RunScreenProps {
  readonly screen: Screen;
  readonly session: Session;
  readonly run: RunState;
  readonly client: MediaClient;
  readonly media: MediaState;
  readonly act: Act;
  readonly now: () => number;
  readonly onLeave: () => Promise<void>;
  readonly onConsent: () => void;
  readonly onReconnect: () => void;
}

export function RunScreen(props: RunScreenProps) {
  const { screen, session, run } = props;
  const tools = { client: props.client, act: props.act, now: props.now };
  const t = useMessages(texts);
  const name = session.workspace.brand.name || session.workspace.name;
  const number = run.view?.run.number ?? "";
  switch (screen.kind) {
    case "call":
      return <CallScreen {...props} activity={screen.activity} pause={screen.pause} />;
    case "reconnecting":
      return <Curtain {...props} who={screen.who} />;
    case "sheet":
      return (
        <SheetPage media={props.media}>
          <StepPanel {...tools} activity={screen.activity} />
        </SheetPage>
      );
    case "page":
      return (
        <Shell name={name} number={number}>
          <StepPanel {...tools} activity={screen.activity} />
        </Shell>
      );
    case "paused":
      return (
        <Shell name={name} number={number}>
          <Paused why={screen.why} agent={null} />
        </Shell>
      );
    case "ended":
      return (
        <Shell name={name} number={number}>
          <div className="panel" data-finish="phone">
            <End {...props} ending={screen.ending} />
          </div>
        </Shell>
      );
    case "opening":
    case "moment":
      return (
        <Shell name={name} number={number}>
          <Opening
            title={t(screen.kind === "opening" ? "opening" : "moment")}
            text={t(screen.kind === "opening" ? "usual_second" : "moment_text")}
          />
        </Shell>
      );
    case "stopped":
      return <NoticePage name={name} kind="stopped" onAct={() => location.reload()} />;
    case "unusable":
    case "unreachable":
    case "other_tab":
    case "left":
      return <NoticePage name={name} kind={screen.kind} onAct={props.onReconnect} />;
  }
}

/** `name` is the bank's; a notice needs nothing else. */
function NoticePage(props: { name: string; kind: NoticeKind; onAct: () => void }) {
  const isDeadEnd = props.kind === "unusable";
  return (
    <Shell name={props.name}>
      <Notice kind={props.kind} {...(isDeadEnd ? {} : { onAct: props.onAct })} />
    </Shell>
  );
}

function CallScreen(props: RunScreenProps & Pick<CallProps, "activity" | "pause">) {
  const { run, activity, pause, client, media } = props;
  if (run.view === null) return null;
  return (
    <Call
      view={run.view}
      activity={activity}
      pause={pause}
      client={client}
      media={media}
      isLineLost={run.lost_at_ms !== null}
      network={run.network}
      act={props.act}
      now={props.now}
      onLeave={props.onLeave}
      onConsent={props.onConsent}
    />
  );
}

function Curtain(props: RunScreenProps & { who: "you" | "agent" }) {
  const { run, media, who } = props;
  const [shown_at_ms] = useState(Date.now);
  const agent = run.view === null ? null : agentOf(run.view);
  const away_ms = agent === null ? shown_at_ms : agent.since_ms - (props.now() - Date.now());
  return (
    <Reconnecting
      who={who}
      name={agent?.name ?? ""}
      since_ms={who === "agent" ? away_ms : (run.lost_at_ms ?? shown_at_ms)}
      isRecorded={run.view !== null && recordingSince(run.view) !== null}
      stream={agent === null ? null : (media.remote[agent.id] ?? null)}
      onTry={props.onReconnect}
    />
  );
}

function End({ run, session, ending }: RunScreenProps & { ending: Ending }) {
  const locale = useLocale();
  const view = run.view;
  return (
    <Closing
      ending={ending}
      number={view?.run.number ?? ""}
      flow={session.flow}
      agent={view === null ? null : agentOf(view)}
      locale={locale}
    />
  );
}
