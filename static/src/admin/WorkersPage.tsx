/** The media workers: where each is, how busy, when it was heard of, and sending one away. */

import { LogOut, Server } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useAct } from "../api/useAct";
import { useLoaded } from "../api/useLoaded";
import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { ActionDialog } from "../ui/ActionDialog";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { toast } from "../ui/Toast";
import { Page, WhenReady } from "./Page";
import { adminTexts } from "./texts";
import { workerTexts } from "./worker_texts";
import {
  agoText,
  canDrain,
  drain,
  inOrder,
  readWorkers,
  type State,
  stateOf,
  type Worker,
} from "./workers";

const EVERY_MS = 3_000;

export function WorkersPage() {
  const { loaded, reload } = useLoaded(readWorkers);
  const [leaving, setLeaving] = useState<Worker | null>(null);
  const now_ms = useRounds(reload);
  const all = loaded.state === "ready" ? loaded.value : [];
  return (
    <Page place="workers" action={null}>
      <WhenReady loaded={loaded} reload={reload}>
        {(workers) =>
          workers.length === 0 ? (
            <None />
          ) : (
            <>
              <Sum workers={workers} now_ms={now_ms} />
              <div className="admin-panel">
                {inOrder(workers).map((one) => (
                  <Row key={one.id} worker={one} now_ms={now_ms} onDrain={() => setLeaving(one)} />
                ))}
              </div>
            </>
          )
        }
      </WhenReady>
      {leaving && (
        <DrainDialog
          worker={leaving}
          isLast={isLast(leaving, all, now_ms)}
          onClose={() => setLeaving(null)}
          onDone={reload}
        />
      )}
    </Page>
  );
}

/** The time, read again with the workers every few seconds. */
function useRounds(reload: () => void): number {
  const [now_ms, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = window.setInterval(() => {
      setNow(Date.now());
      reload();
    }, EVERY_MS);
    return () => window.clearInterval(timer);
  }, [reload]);
  return now_ms;
}

function isLast(worker: Worker, all: readonly Worker[], now_ms: number): boolean {
  const others = all.filter((one) => one.id !== worker.id && one.zone === worker.zone);
  return !others.some((one) => canDrain(stateOf(one, now_ms)));
}

function None() {
  const t = useMessages(workerTexts);
  return (
    <EmptyState icon={<Server size={28} aria-hidden />} title={t("none")} text={t("none_text")} />
  );
}

function Sum({
  workers,
  now_ms,
}: {
  readonly workers: readonly Worker[];
  readonly now_ms: number;
}) {
  const t = useMessages(workerTexts);
  const taking = workers.filter((one) => canDrain(stateOf(one, now_ms)));
  const rooms = workers.reduce((sum, one) => sum + one.held, 0);
  return (
    <p
      className="workers-sum"
      data-tone={taking.length === 0 ? "negative" : undefined}
      role="status"
    >
      {taking.length === 0 ? t("sum_none") : t("sum", { n: taking.length, rooms })}
    </p>
  );
}

const TONES = {
  live: "positive",
  standby: "neutral",
  draining: "warning",
  silent: "negative",
  lost: "negative",
} as const satisfies Record<State, string>;

interface RowProps {
  readonly worker: Worker;
  readonly now_ms: number;
  readonly onDrain: () => void;
}

function Row({ worker, now_ms, onDrain }: RowProps) {
  const t = useMessages(workerTexts);
  const state = stateOf(worker, now_ms);
  return (
    <article className="worker" data-state={state} aria-label={worker.name}>
      <span className="connection-icon">
        <Server size={18} aria-hidden />
      </span>
      <div className="worker-words">
        <h2>
          <span>{worker.name}</span>
          <Badge tone={TONES[state]}>{t(`state_${state}`)}</Badge>
          {worker.host && <small className="mono">{worker.host}</small>}
        </h2>
        <Facts worker={worker} state={state} now_ms={now_ms} />
      </div>
      <Button
        icon={<LogOut size={15} aria-hidden />}
        aria-label={t("drain_label", { name: worker.name })}
        disabled={!canDrain(state)}
        onClick={onDrain}
      >
        {t("drain")}
      </Button>
    </article>
  );
}

function Facts({ worker, state, now_ms }: Omit<RowProps, "onDrain"> & { readonly state: State }) {
  const t = useMessages(workerTexts);
  const locale = useLocale();
  const share = new Intl.NumberFormat(locale, { style: "percent" }).format(worker.load ?? 0);
  const ago = agoText(now_ms - (worker.seen_at_ms ?? 0), locale);
  const isThere = state !== "lost";
  return (
    <dl className="worker-facts">
      <Fact name={t("zone")}>{worker.zone}</Fact>
      <Fact name={t("region")}>{worker.region}</Fact>
      {isThere && (
        <Fact name={t("load")}>
          <span className="worker-load">
            <meter min={0} max={1} high={0.75} optimum={0} value={worker.load ?? 0} aria-hidden />
            <span className="num">{share}</span>
          </span>
        </Fact>
      )}
      <Fact name={t("rooms")}>
        <span className="num">
          {worker.capacity ? t("rooms_of", { n: worker.held, most: worker.capacity }) : worker.held}
        </span>
      </Fact>
      {isThere && (
        <Fact name={t("people")}>
          <span className="num">{worker.peers ?? 0}</span>
        </Fact>
      )}
      <Fact name={t("version")}>
        <span className="num">{worker.version || t("version_unknown")}</span>
      </Fact>
      <Fact name={t("heard")}>
        <span className="num">
          {worker.seen_at_ms ? t("heard_ago", { time: ago }) : t("never")}
        </span>
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface DrainProps {
  readonly worker: Worker;
  /** Nobody else in its zone takes calls. */
  readonly isLast: boolean;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function DrainDialog({ worker, isLast: isOnly, onClose, onDone }: DrainProps) {
  const t = useMessages(workerTexts);
  const common = useMessages(adminTexts);
  const { busy, refusal, act } = useAct([]);
  const { name } = worker;
  const go = async () => {
    if ((await act(() => drain(worker.id))) === null) return;
    toast({ text: t("drained", { name }) });
    onDone();
    onClose();
  };
  return (
    <ActionDialog
      title={t("drain_title", { name })}
      size="small"
      closeLabel={common("close")}
      backLabel={common("back")}
      actionLabel={t(busy ? "draining" : "drain_yes")}
      busy={busy}
      isFinal
      refusal={refusal}
      onAction={go}
      onClose={onClose}
    >
      <p>{worker.held > 0 ? t("drain_text", { n: worker.held }) : t("drain_empty")}</p>
      {isOnly && (
        <p className="note" data-tone="warning">
          {t("drain_last")}
        </p>
      )}
    </ActionDialog>
  );
}
