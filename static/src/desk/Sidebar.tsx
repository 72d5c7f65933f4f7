/** Beside a call: the agent's status, who waits, what is booked. */

import type { Desk } from "../api/socket";
import { useMessages } from "../i18n/messages";
import type { DeskControl } from "./control";
import { StatusMenu } from "./StatusMenu";
import { useQueueNames, useTicking } from "./stores";
import { deskTexts } from "./texts";
import { clockText, languageName } from "./words";

export interface SidebarProps {
  readonly desk: Desk;
  readonly now: () => number;
  readonly control: DeskControl;
}

export function Sidebar({ desk, now, control }: SidebarProps) {
  const t = useMessages(deskTexts);
  const queues = useQueueNames(desk);
  return (
    <aside className="desk-side" aria-label={t("waiting")}>
      <div className="desk-side-head">
        <StatusMenu desk={desk} now={now} control={control} />
        <p className="desk-side-facts">
          <span>{queues.join(", ") || t("queues_none")}</span>
          <span className="num">{t("handled", { n: desk.handled_today })}</span>
        </p>
      </div>
      <h2 className="desk-side-title">
        {t("waiting")} <span className="num">{desk.waiting.length}</span>
      </h2>
      <WaitingList desk={desk} now={now} />
      <p className="desk-side-note">{desk.waiting.length ? t("no_pick") : t("waiting_none")}</p>
      <div className="desk-side-agenda">
        <h2 className="desk-side-title">{t("agenda")}</h2>
        <p className="desk-side-note">{t("agenda_none")}</p>
      </div>
    </aside>
  );
}

function WaitingList({ desk, now }: Pick<SidebarProps, "desk" | "now">) {
  const at_ms = useTicking(now);
  return (
    <ul className="desk-side-list">
      {desk.waiting.map((one) => (
        <li key={one.run}>
          <b>{one.flow}</b>
          <span className="num">{clockText(at_ms - one.since_ms)}</span>
          <small>{languageName(one.locale)}</small>
        </li>
      ))}
    </ul>
  );
}
