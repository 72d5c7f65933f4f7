/** A call: one run socket, one media client, and the screen of it. After the end it gives way to the wrap-up. */

import { type ReactNode, useCallback, useEffect, useMemo } from "react";
import { RunSocket, type View } from "../api/socket";
import { getLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { PageMedia } from "../media/client";
import { useStore } from "../media/useStore";
import { toast } from "../ui/Toast";
import { CallBar } from "./CallBar";
import type { Call } from "./call";
import { FlowRail } from "./FlowRail";
import { CallLoading, ConnectionEnded, ConnectionStrip } from "./Notice";
import { Pause, standsStill } from "./Pause";
import { RunColumn } from "./RunColumn";
import { Stage } from "./Stage";
import { StepPanel } from "./StepPanel";
import { deskTexts } from "./texts";

export interface CallPageProps {
  readonly run: string;
  readonly sidebar: ReactNode;
  readonly wrapUp: (view: View | null) => ReactNode;
  /** The desk says that the agent is not seated in the run any more. */
  readonly isOver: boolean;
}

export function CallPage({ run, sidebar, wrapUp, isOver }: CallPageProps) {
  const { socket, client } = useCallLine(run);
  const state = useStore(socket);
  const media = useStore(client);
  const now = useCallback(() => socket.now(), [socket]);
  const end = useEnd(socket);
  const { view, connection } = state;
  const ended = isOver || (view !== null && view.run.status === "closed");
  useEffect(() => {
    if (ended) client.stop();
  }, [ended, client]);

  if (ended) return wrapUp(view);
  const call = view && { run: state, view, media, client, socket, now, end };
  return (
    <>
      {sidebar}
      {connection.state === "ended" ? (
        <ConnectionEnded why={connection.why} useHere={() => socket.reconnect()} />
      ) : (
        <main className="desk-main desk-call">
          {call ? <CallScreen call={call} /> : <CallLoading />}
        </main>
      )}
      {connection.state === "waiting" && <ConnectionStrip />}
    </>
  );
}

function CallScreen({ call }: { call: Call }) {
  return (
    <>
      <CallBar call={call} />
      <FlowRail view={call.view} />
      <div className="call-body">
        <Stage call={call} />
        {standsStill(call.view) ? <Pause call={call} /> : <StepPanel call={call} />}
        <RunColumn call={call} />
      </div>
    </>
  );
}

function useCallLine(run: string): { readonly socket: RunSocket; readonly client: PageMedia } {
  const line = useMemo(
    () => ({
      socket: new RunSocket(`/ws/run/${run}/`, { locale: getLocale }),
      client: new PageMedia(),
    }),
    [run],
  );
  useEffect(() => {
    line.socket.start();
    line.client.follow(line.socket); // a camera that takes its time keeps nobody waiting for the rest
    void line.client.start();
    return () => {
      line.client.stop();
      line.socket.stop();
    };
  }, [line]);
  return line;
}

function useEnd(socket: RunSocket): () => Promise<void> {
  const t = useMessages(deskTexts);
  return useCallback(async () => {
    const result = await socket.leave();
    if (!result.ok) toast({ text: result.message || t("refused_title"), tone: "negative" });
  }, [socket, t]);
}
