/** Between calls: who waits, how long, what was done today, and whether a ring would be heard. */

import { Bell, BellOff, CalendarDays, Check, Coffee, Volume2 } from "lucide-react";
import type { ReactNode } from "react";
import type { Desk } from "../api/socket";
import { useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { toast } from "../ui/Toast";
import type { DeskControl } from "./control";
import { tone, useNotifyPermission } from "./ringing";
import { StatusMenu } from "./StatusMenu";
import { useQueueNames, useTicking } from "./stores";
import { deskTexts } from "./texts";
import { clockText, languageName, queueName } from "./words";

export interface IdlePageProps {
  readonly desk: Desk;
  readonly now: () => number;
  readonly control: DeskControl;
}

export function IdlePage({ desk, now, control }: IdlePageProps) {
  const t = useMessages(deskTexts);
  const queues = useQueueNames(desk);
  return (
    <main
      className="desk-main"
      aria-label={t("title")}
      data-ringing={desk.ring !== null || undefined}
    >
      <header className="desk-top">
        <StatusMenu desk={desk} now={now} control={control} />
        <h1>{t("title")}</h1>
        <span className="desk-soft">
          {queues.length ? t("queues", { list: queues.join(", ") }) : t("queues_none")}
        </span>
        <span className="desk-grow" />
        <RingSettings />
      </header>
      <div className="desk-idle">
        <Figures desk={desk} now={now} />
        {desk.presence === "away" && desk.waiting.length > 0 && <AwayBar control={control} />}
        <div className="desk-idle-row">
          {desk.waiting.length > 0 ? (
            <WaitingTable desk={desk} now={now} />
          ) : (
            <NobodyWaits desk={desk} control={control} />
          )}
          <section className="desk-panel desk-agenda">
            <h2>{t("agenda")}</h2>
            <p>
              <CalendarDays size={20} aria-hidden />
              {t("agenda_none")}
            </p>
          </section>
        </div>
        <p className="desk-soft desk-idle-note">{t("no_pick")}</p>
      </div>
    </main>
  );
}

function Figures({ desk, now }: Pick<IdlePageProps, "desk" | "now">) {
  const t = useMessages(deskTexts);
  const at_ms = useTicking(now);
  const longest_ms = Math.max(0, ...desk.waiting.map((one) => at_ms - one.since_ms));
  const figures = [
    [String(desk.waiting.length), t("kpi_waiting")],
    [desk.waiting.length ? clockText(longest_ms) : "–", t("kpi_longest")],
    [String(desk.handled_today), t("kpi_handled")],
    [clockText(at_ms - desk.since_ms), t(`presence_${desk.presence}`)],
  ] as const;
  return (
    <dl className="desk-panel desk-figures">
      {figures.map(([value, label]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd className="num">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** While customers wait, the way back to them must not be hidden in a menu. */
function AwayBar({ control }: Pick<IdlePageProps, "control">) {
  const t = useMessages(deskTexts);
  return (
    <section className="desk-panel desk-away" role="status">
      <Coffee size={22} aria-hidden />
      <div>
        <b>{t("idle_away_waiting")}</b>
        <p>{t("idle_away_text")}</p>
      </div>
      <GoAvailable control={control} />
    </section>
  );
}

function GoAvailable({ control }: Pick<IdlePageProps, "control">) {
  const t = useMessages(deskTexts);
  return (
    <Button
      kind="primary"
      size="large"
      disabled={control.busy}
      onClick={() => void control.change("available")}
    >
      {t("ready_go")}
    </Button>
  );
}

function WaitingTable({ desk, now }: Pick<IdlePageProps, "desk" | "now">) {
  const t = useMessages(deskTexts);
  const say = useLocalText();
  const at_ms = useTicking(now);
  return (
    <section className="desk-panel">
      <header className="desk-panel-head">
        <h2>{t("waiting_now")}</h2>
        <span>{t("waiting_order")}</span>
      </header>
      <table className="desk-table">
        <thead>
          <tr>
            <th scope="col">{t("col_place")}</th>
            <th scope="col">{t("col_reason")}</th>
            <th scope="col">{t("col_language")}</th>
            <th scope="col">{t("col_wait")}</th>
            <th scope="col">{t("col_queue")}</th>
          </tr>
        </thead>
        <tbody>
          {desk.waiting.map((one) => (
            <tr key={one.run} data-ringing={one.run === desk.ring?.run || undefined}>
              <td className="num">{one.position}</td>
              <td>
                <b>{one.flow}</b>
              </td>
              <td>{languageName(one.locale)}</td>
              <td className="num">
                {clockText(at_ms - one.since_ms)}{" "}
                {one.late && <Badge tone="warning">{t("late")}</Badge>}
              </td>
              <td>
                {one.run === desk.ring?.run ? (
                  <span className="badge" data-tone="accent">
                    {t("state_ringing_you")}
                  </span>
                ) : (
                  queueName(one.queue, one.queue_title, say)
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function NobodyWaits({ desk, control }: Pick<IdlePageProps, "desk" | "control">) {
  const t = useMessages(deskTexts);
  const away = desk.presence === "away";
  return (
    <section className="desk-panel desk-nobody" aria-live="polite">
      <Bubble tone={away ? "neutral" : "positive"}>
        {away ? <Coffee size={26} aria-hidden /> : <Check size={26} aria-hidden />}
      </Bubble>
      <h2>{t(away ? "idle_away" : "idle_ready")}</h2>
      <p>{t(away ? "idle_away_text" : "idle_ready_text")}</p>
      {away ? <GoAvailable control={control} /> : <TestTone />}
    </section>
  );
}

export function Bubble({ tone: colour, children }: { tone: string; children: ReactNode }) {
  return (
    <span className="desk-bubble" data-tone={colour} aria-hidden>
      {children}
    </span>
  );
}

function TestTone() {
  const t = useMessages(deskTexts);
  const play = async () => {
    if (!(await tone.play())) toast({ text: t("tone_blocked") });
  };
  return (
    <Button size="large" icon={<Volume2 size={17} aria-hidden />} onClick={() => void play()}>
      {t("test_tone")}
    </Button>
  );
}

function RingSettings() {
  const t = useMessages(deskTexts);
  const [permission, ask] = useNotifyPermission();
  return (
    <div className="desk-ring-settings">
      <span className="desk-soft desk-wide">
        <Volume2 size={16} aria-hidden /> {t("tone_on")}
      </span>
      {permission === "granted" && (
        <span className="desk-soft desk-wide">
          <Bell size={16} aria-hidden /> {t("notify_on")}
        </span>
      )}
      {permission === "default" && (
        <Button icon={<Bell size={15} aria-hidden />} onClick={ask}>
          {t("notify_ask")}
        </Button>
      )}
      {permission === "denied" && (
        <span className="desk-soft desk-wide">
          <BellOff size={16} aria-hidden /> {t("notify_blocked")}
        </span>
      )}
    </div>
  );
}
