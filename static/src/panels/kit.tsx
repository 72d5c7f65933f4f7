/** The few controls panels are made of. Their finish (phone or desk) is the stylesheet's, by `data-finish` above them. */

import { Check, CircleAlert } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import type { ActResult, JsonObject } from "../api/socket_types";
import type { Locale } from "../i18n/locale";
import { defineMessages, translate } from "../i18n/messages";
import type { Act } from "./panel";
import "./panels.css";
import "./steps.css";
import "./in_call.css";

const texts = defineMessages(
  {
    no_answer: "We could not send that. Please try again.",
    not_now: "That was not possible just now. Please try again.",
    working: "One moment",
  },
  {
    no_answer: "未能发送，请重试。",
    not_now: "暂时无法完成，请重试。",
    working: "请稍候",
  },
);

export interface ButtonProps {
  readonly children: ReactNode;
  readonly onPress: () => void;
  readonly kind?: "main" | "plain" | "quiet" | "danger";
  readonly isDisabled?: boolean;
  readonly isBusy?: boolean;
  readonly className?: string;
  readonly label?: string;
  readonly isPressed?: boolean;
}

/** A disabled button stays in the tab order and says so: who listens must be able to find it. */
export function PanelButton(props: ButtonProps) {
  const isOff = props.isDisabled || props.isBusy;
  return (
    <button
      type="button"
      className={`p-btn ${props.className ?? ""}`}
      data-kind={props.kind ?? "plain"}
      aria-disabled={isOff || undefined}
      aria-busy={props.isBusy || undefined}
      aria-label={props.label}
      aria-pressed={props.isPressed}
      // Taking the focus would close a phone's keyboard, move the page and lose this very press.
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => {
        if (!isOff) props.onPress();
      }}
    >
      {props.children}
    </button>
  );
}

/** The heading of a step. It takes the focus when the step comes, so that who listens hears where they are. */
export function StepTitle({ children, isFocused }: { children: ReactNode; isFocused?: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (isFocused !== false) heading.current?.focus({ preventScroll: true });
  }, [isFocused]);
  return (
    <h2 ref={heading} tabIndex={-1} className="p-title">
      {children}
    </h2>
  );
}

export function Tick({ tone = "good", children }: { tone?: string; children?: ReactNode }) {
  return (
    <span className="p-tick" data-tone={tone} aria-hidden>
      {children ?? <Check size={15} strokeWidth={2.5} />}
    </span>
  );
}

export function Refusal({ message }: { readonly message: string }) {
  return (
    <p className="p-refusal" role="alert" hidden={message === ""}>
      <CircleAlert size={18} aria-hidden /> <span>{message}</span>
    </p>
  );
}

export function refusalText(result: ActResult, locale: Locale): string {
  if (result.ok) return "";
  const t = translate(texts, locale);
  // The panel that replaces this one tells what happened; there is nothing left to refuse.
  if (result.reason === "unknown_activity" || result.reason === "run_ended") return "";
  if (result.reason === "no_answer") return t("no_answer");
  return result.message || t("not_now");
}

/** Acts once at a time; says which action is under way and what was refused. */
export function useAct(act: Act, locale: Locale) {
  const [busy, setBusy] = useState<string | null>(null);
  const [refusal, setRefusal] = useState("");
  const isGone = useRef(false);
  useEffect(() => {
    isGone.current = false;
    return () => {
      isGone.current = true;
    };
  }, []);
  const press = async (action: string, data: JsonObject = {}): Promise<ActResult> => {
    setBusy(action);
    setRefusal("");
    const result = await act(action, data);
    if (!isGone.current) {
      setBusy(null);
      setRefusal(refusalText(result, locale));
    }
    return result;
  };
  return { press, busy, refusal };
}

/** A line of words with a quiet moving mark, for whatever takes longer than a second. */
export function Working({ children }: { readonly children?: ReactNode }) {
  return (
    <p className="p-working" role="status">
      <span className="p-dots" aria-hidden>
        <i />
        <i />
        <i />
      </span>
      <span>{children}</span>
    </p>
  );
}

export interface HintProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly children: string;
}

/** A row of a card: what to know, and why, beside a sign. */
export function Hint({ icon, title, children }: HintProps) {
  return (
    <li className="p-row">
      <span className="p-row-icon" data-tone="brand" aria-hidden>
        {icon}
      </span>
      <span className="p-row-words">
        <b>{title}</b>
        <span>{children}</span>
      </span>
    </li>
  );
}

export function workingText(locale: Locale): string {
  return translate(texts, locale)("working");
}

/** Eight bars that follow a loudness of 0..1. */
export function Wave({ level }: { readonly level: number }) {
  const shape = [0.3, 0.55, 0.85, 1, 0.7, 0.45, 0.75, 0.35];
  return (
    <svg className="p-wave" width="38" height="16" viewBox="0 0 38 16" aria-hidden>
      {shape.map((share, n) => {
        const height = 3 + Math.min(1, level * 1.25) * share * 13;
        const x = n * 5;
        return <rect key={x} x={x} y={8 - height / 2} width="3" height={height} rx="1.5" />;
      })}
    </svg>
  );
}

/** `m:ss`, also over an hour; never negative. */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const tail = String(seconds % 60).padStart(2, "0");
  return `${Math.floor(seconds / 60)}:${tail}`;
}

/** Reads a clock again every second (or as asked), so that times on the screen move. */
export function useClock(now: () => number, every_ms = 1000): number {
  const [at_ms, setAt] = useState(now);
  useEffect(() => {
    setAt(now());
    const timer = setInterval(() => setAt(now()), every_ms);
    return () => clearInterval(timer);
  }, [now, every_ms]);
  return at_ms;
}
