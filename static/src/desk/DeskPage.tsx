/** The agent's desk: one desk socket, and what its state calls for: waiting, ringing, a call, wrap-up. */

import { useCallback, useEffect, useMemo, useState } from "react";
import { type Desk, DeskSocket, type DeskState } from "../api/socket";
import type { Me } from "../home/me";
import { StaffRail } from "../home/StaffRail";
import { getLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { useStore } from "../media/useStore";
import { Toasts, toast } from "../ui/Toast";
import { CallPage } from "./CallPage";
import type { DeskControl } from "./control";
import { IdlePage } from "./IdlePage";
import { ConnectionEnded, ConnectionStrip, DeskLoading } from "./Notice";
import { RingCard } from "./RingCard";
import { useRinging } from "./ringing";
import { Sidebar } from "./Sidebar";
import { deskTexts } from "./texts";
import { WrapUp } from "./WrapUp";

export function DeskPage({ me }: { me: Me }) {
  const socket = useDeskSocket();
  const state = useStore(socket);
  return (
    <div className="desk">
      <StaffRail
        me={me}
        current="/desk/"
        mark={state.desk && <i className="desk-mark" data-presence={state.desk.presence} />}
      />
      <DeskScreen socket={socket} state={state} />
      <Toasts />
    </div>
  );
}

function useDeskSocket(): DeskSocket {
  const socket = useMemo(() => new DeskSocket({ locale: getLocale }), []);
  useEffect(() => {
    socket.start();
    return () => socket.stop();
  }, [socket]);
  return socket;
}

interface ScreenProps {
  readonly socket: DeskSocket;
  readonly state: DeskState;
}

function DeskScreen({ socket, state }: ScreenProps) {
  const { connection, desk } = state;
  if (connection.state === "ended" && connection.why !== "left") {
    return <ConnectionEnded why={connection.why} useHere={() => socket.reconnect()} />;
  }
  if (desk === null) return <DeskLoading />;
  return (
    <>
      <Presented socket={socket} desk={desk} />
      {connection.state !== "open" && <ConnectionStrip />}
    </>
  );
}

function Presented({ socket, desk }: { socket: DeskSocket; desk: Desk }) {
  const t = useMessages(deskTexts);
  const control = useDeskControl(socket);
  const now = useCallback(() => socket.now(), [socket]);
  const run = useSeatedRun(desk);
  const ring = desk.ring;
  useRinging(ring !== null, t("title_ring"), ring?.flow ?? "");
  useTitle(desk, t);
  const answer = useCallback(
    (action: "accept" | "decline", reason?: string) =>
      ring
        ? socket.act(ring.run, ring.activity, action, reason ? { reason } : {})
        : Promise.resolve({
            ok: false,
            reason: "unknown_activity",
            message: "",
            field: null,
          } as const),
    [socket, ring],
  );
  return (
    <>
      {run !== null && (
        <CallPage
          key={run}
          run={run}
          sidebar={<Sidebar desk={desk} now={now} control={control} />}
          wrapUp={(view) => <WrapUp view={view} now={now} control={control} />}
          isOver={desk.run === null}
        />
      )}
      {run === null && desk.presence === "wrap_up" && (
        <WrapUp view={null} now={now} control={control} />
      )}
      {run === null && desk.presence !== "wrap_up" && (
        <IdlePage desk={desk} now={now} control={control} />
      )}
      {ring && <RingCard key={ring.activity} ring={ring} now={now} answer={answer} />}
    </>
  );
}

/** The run on the screen: it stays after it has ended, for the wrap-up, until the agent goes on. */
function useSeatedRun(desk: Desk): string | null {
  const [last, setLast] = useState(desk.run);
  if (desk.run !== null && desk.run !== last) setLast(desk.run);
  const isOver = desk.run === null && desk.presence !== "wrap_up" && desk.presence !== "in_call";
  if (isOver && last !== null) setLast(null);
  return desk.run ?? (isOver ? null : last);
}

function useDeskControl(socket: DeskSocket): DeskControl {
  const t = useMessages(deskTexts);
  const [busy, setBusy] = useState(false);
  const change = useCallback(
    async (status: "available" | "away") => {
      setBusy(true);
      const result = await socket.presence(status);
      setBusy(false);
      if (!result.ok) toast({ text: result.message || t("refused_title"), tone: "negative" });
    },
    [socket, t],
  );
  return { busy, change };
}

function useTitle(desk: Desk, t: ReturnType<typeof useMessages<keyof typeof deskTexts.en>>): void {
  const waiting = desk.waiting.length;
  const words = waiting > 0 ? t("title_waiting", { n: waiting }) : t("title");
  const title = desk.run ? t("title_call") : words;
  useEffect(() => {
    document.title = `${title} · Counterflow`;
  }, [title]);
}
