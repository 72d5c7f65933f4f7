/** The incoming call: reason and context first, then Accept and Not now. */

import { Info, Languages, Video } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import type { ActResult, Ring } from "../api/socket";
import { useLocale, useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { useTicking } from "./stores";
import { deskTexts } from "./texts";
import { clockText, initials, languageName } from "./words";

const RADIUS = 28;
const ROUND = 2 * Math.PI * RADIUS;

export interface RingCardProps {
  readonly ring: Ring;
  readonly now: () => number;
  readonly answer: (action: "accept" | "decline", reason?: string) => Promise<ActResult>;
}

export function RingCard({ ring, now, answer }: RingCardProps) {
  const t = useMessages(deskTexts);
  const say = useLocalText();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  const card = useRef<HTMLElement>(null);

  const give = useCallback(
    async (action: "accept" | "decline", reason?: string) => {
      setBusy(true);
      const result = await answer(action, reason);
      if (result.ok) return;
      setRefusal(result.message || t("ring_gone"));
      setBusy(false);
    },
    [answer, t],
  );
  useRingKeys({ busy, asking, accept: () => void give("accept"), ask: setAsking });
  // What had the focus goes when the question comes or is taken back.
  // biome-ignore lint/correctness/useExhaustiveDependencies: `asking` says which of the two is drawn
  useEffect(() => card.current?.querySelector<HTMLElement>("[data-first]")?.focus(), [asking]);

  return (
    <section
      ref={card}
      className="desk-ring"
      role="alertdialog"
      aria-labelledby="ring-title"
      aria-describedby="ring-context"
    >
      <RingHead ring={ring} now={now} queue={say(ring.reason)} />
      <RingContext ring={ring} />
      {refusal && (
        <p className="desk-ring-refusal" role="alert">
          {refusal}
        </p>
      )}
      {asking ? (
        <DeclineReasons
          busy={busy}
          give={(reason) => void give("decline", reason)}
          back={() => setAsking(false)}
        />
      ) : (
        <footer className="desk-ring-foot">
          <button
            type="button"
            data-first
            className="desk-accept"
            disabled={busy}
            onClick={() => void give("accept")}
          >
            <Video size={20} aria-hidden />
            {busy ? t("ring_accepting") : t("ring_accept")}
            {!busy && <kbd>Enter</kbd>}
          </button>
          <button
            type="button"
            className="desk-decline"
            disabled={busy}
            onClick={() => setAsking(true)}
          >
            {t("ring_decline")} <kbd>Esc</kbd>
          </button>
        </footer>
      )}
      <p className="desk-ring-note">{t("ring_note")}</p>
    </section>
  );
}

interface RingKeys {
  readonly busy: boolean;
  readonly asking: boolean;
  readonly accept: () => void;
  readonly ask: (asking: boolean) => void;
}

/** Enter accepts from anywhere on the page (a focused button answers for itself), Escape asks for the reason. */
function useRingKeys({ busy, asking, accept, ask }: RingKeys): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const onControl =
        event.target instanceof HTMLElement && event.target.closest("button,a,input");
      if (event.key === "Enter" && !onControl && !busy && !asking) accept();
      if (event.key === "Escape" && !busy) ask(!asking);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [busy, asking, accept, ask]);
}

function RingHead({ ring, now, queue }: { ring: Ring; now: () => number; queue: string }) {
  const t = useMessages(deskTexts);
  const at_ms = useTicking(now, 250);
  const [span_ms] = useState(() => Math.max(1000, ring.expires_at_ms - now()));
  const left_ms = Math.max(0, ring.expires_at_ms - at_ms);
  const seconds = Math.ceil(left_ms / 1000);
  return (
    <header className="desk-ring-head">
      <svg
        width="64"
        height="64"
        viewBox="0 0 64 64"
        role="img"
        aria-label={t("ring_seconds", { n: seconds })}
      >
        <circle className="desk-ring-track" cx="32" cy="32" r={RADIUS} />
        <circle
          className="desk-ring-left"
          cx="32"
          cy="32"
          r={RADIUS}
          strokeDasharray={`${(ROUND * left_ms) / span_ms} ${ROUND}`}
          transform="rotate(-90 32 32)"
        />
        <text x="32" y="39" textAnchor="middle">
          {seconds}
        </text>
      </svg>
      <div>
        <p>{t("ring_for_you")}</p>
        <h2 id="ring-title">{ring.flow}</h2>
        <p className="num">{t("ring_waited", { queue, time: clockText(ring.waited_ms) })}</p>
      </div>
    </header>
  );
}

function RingContext({ ring }: { ring: Ring }) {
  const t = useMessages(deskTexts);
  const say = useLocalText();
  const locale = useLocale();
  const name = ring.customer || t("ring_customer");
  return (
    <div id="ring-context" className="desk-ring-body">
      <div className="desk-ring-who">
        <span className="desk-avatar" aria-hidden>
          {initials(name)}
        </span>
        <div>
          <b>{name}</b>
          <p className="desk-soft">
            <Languages size={14} aria-hidden /> {languageName(ring.locale || locale)}
          </p>
        </div>
      </div>
      {ring.facts.length > 0 && (
        <dl className="desk-ring-facts">
          {ring.facts.map((fact) => (
            <div key={say(fact.label)}>
              <Info size={17} aria-hidden />
              <dt>{say(fact.label)}</dt>
              <dd>{typeof fact.value === "string" ? fact.value : say(fact.value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

const REASONS = ["decline_busy", "decline_skill", "decline_break"] as const;

interface DeclineProps {
  readonly busy: boolean;
  readonly give: (reason: string) => void;
  readonly back: () => void;
}

function DeclineReasons({ busy, give, back }: DeclineProps) {
  const t = useMessages(deskTexts);
  return (
    <fieldset className="desk-ring-why" disabled={busy} tabIndex={-1} data-first>
      <legend>{t("decline_why")}</legend>
      {REASONS.map((reason) => (
        <button
          type="button"
          key={reason}
          className="desk-why"
          onClick={() => give(reason.replace("decline_", ""))}
        >
          {t(reason)}
        </button>
      ))}
      <button type="button" className="desk-why-back" onClick={back}>
        {t("decline_back")}
      </button>
    </fieldset>
  );
}
