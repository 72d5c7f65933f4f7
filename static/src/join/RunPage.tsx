/** A customer inside a run: one socket, one media client, and the page that fits what is known now. */

import { useCallback, useEffect, useRef, useState } from "react";
import { type JsonObject, RunSocket } from "../api/socket";
import { getLocale, pickText, useLocale } from "../i18n/locale";
import { PageMedia } from "../media/client";
import { playTone } from "../media/tone";
import { useStore } from "../media/useStore";
import { useClock } from "../panels/kit";
import { RunScreen } from "./RunScreen";
import { type Screen, screenOf } from "./screen";
import type { Session } from "./session";

export function RunPage({ session }: { readonly session: Session }) {
  const { socket, client } = useLine(session);
  const run = useStore(socket);
  const media = useStore(client);
  const [hasLeft, setLeft] = useState(false);
  const now_ms = useClock(Date.now, 500);
  const screen = screenOf({ run, call: media.call, has_left: hasLeft, now_ms });
  useCamera(client, screen);
  useTones(screen);
  usePageTitle(screen, session.workspace.name);
  const activity = "activity" in screen ? (screen.activity?.id ?? "") : "";
  const act = useCallback(
    (action: string, data: JsonObject = {}) => socket.act(activity, action, data),
    [socket, activity],
  );
  const now = useCallback(() => socket.now(), [socket]);
  const leave = async () => {
    await socket.leave();
    setLeft(true);
    client.stop();
    socket.stop();
  };
  const comeBack = () => {
    setLeft(false);
    socket.reconnect();
    client.follow(socket);
  };
  const consent = () => void socket.consent();
  const tools = { client, act, now, onLeave: leave, onConsent: consent, onReconnect: comeBack };
  return <RunScreen screen={screen} session={session} run={run} media={media} {...tools} />;
}

function useLine(session: Session) {
  const [line] = useState(() => ({
    socket: new RunSocket(session.socket, { locale: getLocale }),
    client: new PageMedia(),
  }));
  useEffect(() => {
    line.socket.start();
    line.client.follow(line.socket);
    return () => {
      line.client.stop();
      line.socket.stop();
    };
  }, [line]);
  return line;
}

/** The check asks for the devices itself; whoever comes back later has allowed them already. */
function useCamera(client: PageMedia, screen: Screen): void {
  const panel = "activity" in screen ? screen.activity?.panel : undefined;
  const isWanted = panel !== "device_check" && ["page", "sheet", "call"].includes(screen.kind);
  useEffect(() => {
    if (isWanted && client.get().camera === "off") void client.start({ video: true });
  }, [client, isWanted]);
  const isOver = screen.kind === "ended" || screen.kind === "unusable";
  useEffect(() => {
    if (isOver) client.stop();
  }, [client, isOver]);
}

/** Two soft notes when it is one's turn, and when the call is back. */
function useTones(screen: Screen): void {
  const before = useRef(screen.kind);
  const panel = "activity" in screen ? screen.activity?.panel : undefined;
  const isTurn = panel === "connecting";
  useEffect(() => {
    if (isTurn) void playTone("turn");
  }, [isTurn]);
  useEffect(() => {
    if (before.current === "reconnecting" && screen.kind === "call") void playTone("back");
    before.current = screen.kind;
  }, [screen.kind]);
}

function usePageTitle(screen: Screen, name: string): void {
  const locale = useLocale();
  const step = "activity" in screen ? pickText(screen.activity?.title, locale) : "";
  useEffect(() => {
    document.title = step === "" ? name : `${step} · ${name}`;
  }, [step, name]);
}
