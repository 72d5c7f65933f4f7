/** Erasing a run as an administrator sees it: what goes, what stays, who asked, and that it is done. */

import { Check, ChevronRight, Eraser, ShieldCheck, TriangleAlert } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { useAct } from "../api/useAct";
import { useLoaded } from "../api/useLoaded";
import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Refusal } from "../ui/ActionDialog";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Skeleton } from "../ui/Skeleton";
import { toast } from "../ui/Toast";
import { EraseDialog } from "./EraseDialog";
import { eraseTexts } from "./erase_texts";
import { dropErasure, type Erasure, readErasure, standOf } from "./erasing";

export function ErasePage({ id }: { readonly id: string }) {
  const t = useMessages(eraseTexts);
  const read = useCallback((signal: AbortSignal) => readErasure(id, signal), [id]);
  const { loaded, reload } = useLoaded(read);
  if (loaded.state === "ready") return <Erasing id={id} erasure={loaded.value} reload={reload} />;
  if (loaded.state === "loading") {
    return (
      <main className="runs-main erase" aria-busy="true">
        <p className="visually-hidden" role="status">
          {t("loading")}
        </p>
        <Skeleton height={320} />
      </main>
    );
  }
  const isMissing = loaded.status === 404 || loaded.status === 403;
  return (
    <main className="runs-main">
      <EmptyState
        title={t(isMissing ? "not_found" : "failed")}
        text={isMissing ? "" : t("failed_text")}
      >
        {!isMissing && (
          <Button kind="primary" onClick={reload}>
            {t("retry")}
          </Button>
        )}
        <a className="btn" href="/runs/">
          {t("back_to_runs")}
        </a>
      </EmptyState>
    </main>
  );
}

interface ErasingProps {
  readonly id: string;
  readonly erasure: Erasure;
  readonly reload: () => void;
}

function Erasing({ id, erasure, reload }: ErasingProps) {
  const t = useMessages(eraseTexts);
  const when = useWhen();
  const { number } = erasure;
  useEffect(() => {
    document.title = `${t("title")}, ${number} · Counterflow`;
  }, [t, number]);
  return (
    <main className="runs-main erase">
      <nav aria-label={t("runs")} className="erase-way">
        <a href="/runs/">{t("runs")}</a>
        <ChevronRight size={14} aria-hidden />
        <span className="mono">{number}</span>
      </nav>
      <header>
        <h1>{t("title")}</h1>
        <p>
          <b>{erasure.flow}</b> {t("version", { n: erasure.version })} ·{" "}
          <time dateTime={erasure.started_at}>{when(erasure.started_at)}</time>
          {erasure.agent && ` · ${erasure.agent}`}
        </p>
      </header>
      <Standing id={id} erasure={erasure} reload={reload} />
      <div className="erase-both">
        <Goes erasure={erasure} />
        <Stays />
      </div>
      <p className="erase-note">{t("backups")}</p>
    </main>
  );
}

function Goes({ erasure }: { readonly erasure: Erasure }) {
  const t = useMessages(eraseTexts);
  const { events, recordings, pictures, services } = erasure.holds;
  const counted = [
    { key: "goes_recordings", n: recordings },
    { key: "goes_pictures", n: pictures },
    { key: "goes_events", n: events },
    { key: "goes_services", n: services },
  ] as const;
  return (
    <section className="erase-card" data-tone="negative">
      <h2>
        <Eraser size={16} aria-hidden /> {t("goes")}
      </h2>
      <ul>
        {counted
          .filter(({ n }) => n > 0)
          .map(({ key, n }) => (
            <li key={key}>{t(key, { n })}</li>
          ))}
        <li>{t("goes_name")}</li>
      </ul>
    </section>
  );
}

function Stays() {
  const t = useMessages(eraseTexts);
  return (
    <section className="erase-card">
      <h2>
        <ShieldCheck size={16} aria-hidden /> {t("stays")}
      </h2>
      <ul>
        {(["stays_trace", "stays_staff", "stays_hashes", "stays_trail"] as const).map((key) => (
          <li key={key}>{t(key)}</li>
        ))}
      </ul>
    </section>
  );
}

function Standing({ id, erasure, reload }: ErasingProps) {
  const t = useMessages(eraseTexts);
  const when = useWhen();
  const [isOpen, setOpen] = useState(false);
  const stand = standOf(erasure);
  const { asked, done, obstacle } = erasure;
  const dialog = isOpen && (
    <EraseDialog id={id} erasure={erasure} onClose={() => setOpen(false)} onTaken={reload} />
  );
  const open = (key: "ask" | "alone" | "agree") => (
    <Button kind="danger" onClick={() => setOpen(true)}>
      {t(key)}
    </Button>
  );
  switch (stand) {
    case "done": {
      const at = { when: when(done?.at ?? erasure.erased_at ?? ""), by: done?.by ?? "" };
      const by = done?.asked_by ?? "";
      return (
        <section className="erase-stand" data-tone="positive" role="status">
          <Check size={20} aria-hidden />
          <div>
            <h2>{t("done")}</h2>
            {done && <p>{by ? t("done_by_two", { ...at, asked_by: by }) : t("done_text", at)}</p>}
            {done && <p>{t("reason_said", { reason: done.reason })}</p>}
          </div>
        </section>
      );
    }
    case "obstacle":
      return (
        <section className="erase-stand" data-tone="warning">
          <TriangleAlert size={20} aria-hidden />
          <div>
            <h2>{t(`obstacle_${obstacle ?? "going_on"}`)}</h2>
            <p>{t(`obstacle_${obstacle ?? "going_on"}_text`)}</p>
          </div>
        </section>
      );
    case "open":
      return (
        <p className="erase-do">
          {open(erasure.needs_second ? "ask" : "alone")}
          {dialog}
        </p>
      );
    default: {
      const isMine = stand === "asked_by_you";
      const at = when(asked?.at ?? "");
      return (
        <section className="erase-stand" data-tone="warning">
          <Eraser size={20} aria-hidden />
          <div>
            <h2>{isMine ? t("yours") : t("theirs", { by: asked?.by ?? "" })}</h2>
            <p>{t(isMine ? "yours_text" : "theirs_text", { when: at })}</p>
            <p>{t("reason_said", { reason: asked?.reason ?? "" })}</p>
            <div className="erase-do">
              {!isMine && open("agree")}
              <Drop id={id} label={t(isMine ? "take_back" : "decline")} onDropped={reload} />
            </div>
          </div>
          {dialog}
        </section>
      );
    }
  }
}

interface DropProps {
  readonly id: string;
  readonly label: string;
  readonly onDropped: () => void;
}

function Drop({ id, label, onDropped }: DropProps) {
  const t = useMessages(eraseTexts);
  const { busy, refusal, act } = useAct();
  const drop = async () => {
    if ((await act(() => dropErasure(id))) === null) return;
    toast({ text: t("dropped") });
    onDropped();
  };
  return (
    <>
      <Button disabled={busy} onClick={() => void drop()}>
        {label}
      </Button>
      <Refusal text={refusal} />
    </>
  );
}

function useWhen(): (at: string) => string {
  const locale = useLocale();
  return (at) => new Date(at).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" });
}
