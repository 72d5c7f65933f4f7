/** A supervisor in a call that goes on: listens unseen first, whispers to the agent, or steps in. */

import { Ear, LogOut, MessageCircle, PhoneIncoming } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { ApiError, http } from "../api/http";
import { RunSocket } from "../api/socket";
import type { Mode } from "../api/socket_types";
import { readMe } from "../home/me";
import { getLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { PageMedia } from "../media/client";
import { Others } from "../media/Others";
import { useStore } from "../media/useStore";
import { Button } from "../ui/Button";
import { toast } from "../ui/Toast";
import { overseeTexts } from "./oversee_texts";
import type { RunDetail } from "./types";

type Overseen = Extract<Mode, "monitor" | "whisper" | "normal">;

export function Oversee({ run }: { readonly run: RunDetail }) {
  const t = useMessages(overseeTexts);
  const [isIn, setIn] = useState(false);
  const isOffered = run.status !== "closed" && readMe().roles.includes("supervisor");
  if (!isOffered && !isIn) return null;
  const begin = async () => setIn(await ask(run.id, "monitor"));
  return isIn ? (
    <Listening run={run.id} onLeave={() => setIn(false)} />
  ) : (
    <section className="oversee" aria-label={t("oversee")}>
      <Button onClick={() => void begin()}>
        <Ear size={16} aria-hidden /> {t("listen")}
      </Button>
      <span>{t("listen_text")}</span>
    </section>
  );
}

/** The site refuses in its own words: to who serves the customer themself, or after the end. */
async function ask(run: string, mode: Overseen): Promise<boolean> {
  try {
    await http.post(`runs/${run}/oversee`, { mode });
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    toast({ text: error.message, tone: "negative" });
    return false;
  }
}

const MODES = [
  { mode: "monitor", icon: Ear },
  { mode: "whisper", icon: MessageCircle },
  { mode: "normal", icon: PhoneIncoming },
] as const;

function Listening({ run, onLeave }: { readonly run: string; readonly onLeave: () => void }) {
  const t = useMessages(overseeTexts);
  const { socket, client } = useLine(run);
  const { view, connection } = useStore(socket);
  const media = useStore(client);
  const isOver = connection.state === "ended";
  useEffect(() => {
    if (isOver) onLeave();
  }, [isOver, onLeave]);
  if (view === null) return <p role="status">{t("connecting")}</p>;
  const own = view.people.find((person) => person.id === view.you.participant);
  const take = async (mode: Overseen) => {
    // Nobody's microphone is opened for listening.
    if (mode !== "monitor") await client.start({ video: mode === "normal" });
    await ask(run, mode);
  };
  const leave = async () => {
    await ask(run, "monitor");
    await socket.leave();
    onLeave();
  };
  return (
    <section className="oversee" aria-label={t("oversee")}>
      <Others view={view} media={media} large={[]} />
      <div className="oversee-do" role="toolbar" aria-label={t("oversee")}>
        {MODES.map(({ mode, icon: Icon }) => (
          <Button key={mode} aria-pressed={own?.mode === mode} onClick={() => void take(mode)}>
            <Icon size={16} aria-hidden /> {t(mode)}
          </Button>
        ))}
        <Button onClick={() => void leave()}>
          <LogOut size={16} aria-hidden /> {t("leave")}
        </Button>
      </div>
      {view.you.must_consent && (
        <p role="status">
          {t("recorded")} <Button onClick={() => void socket.consent()}>{t("agree")}</Button>
        </p>
      )}
    </section>
  );
}

function useLine(run: string): { readonly socket: RunSocket; readonly client: PageMedia } {
  const line = useMemo(
    () => ({
      socket: new RunSocket(`/ws/run/${run}/`, { locale: getLocale }),
      client: new PageMedia(),
    }),
    [run],
  );
  useEffect(() => {
    line.socket.start();
    const unfollow = line.client.follow(line.socket);
    return () => {
      unfollow();
      line.client.stop();
      line.socket.stop();
    };
  }, [line]);
  return line;
}
