/** The flow's name and what it is for, in the head of the page: read as text, changed in place by who may. */

import { Pencil } from "lucide-react";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { ApiError } from "../api/http";
import { readMe } from "../home/me";
import { say, useMessages } from "../i18n/messages";
import { api, type Flow } from "./data";
import { useDocument } from "./store";
import { texts } from "./texts";

const NAME_LENGTH = 120;
const SUMMARY_LENGTH = 300;
const MAY_CHANGE = "analyst";

export function FlowName() {
  const t = useMessages(texts);
  const flow = useDocument((document) => document.flow);
  if (!flow) return null;
  if (!readMe().roles.includes(MAY_CHANGE)) {
    return (
      <div className="flow-name">
        <h1>{flow.name}</h1>
        <p>{flow.summary}</p>
      </div>
    );
  }
  return (
    <div className="flow-name">
      <h1>
        <Line
          label={t("flow_name")}
          value={flow.name}
          length={NAME_LENGTH}
          isNeeded
          save={(name) => change(flow, { name })}
        />
      </h1>
      <Line
        label={t("flow_summary")}
        value={flow.summary}
        empty={t("flow_summary_none")}
        length={SUMMARY_LENGTH}
        save={(summary) => change(flow, { summary })}
      />
    </div>
  );
}

/** What the server refused, in words; empty when it took the change. */
async function change(flow: Flow, to: { readonly name: string } | { readonly summary: string }) {
  try {
    const changed = await api.changeFlow(flow.id, to);
    useDocument.setState({ flow: changed });
    document.title = `${changed.name} · Counterflow`;
    return "";
  } catch (error) {
    return (error instanceof ApiError && error.message) || say(texts, "flow_change_failed");
  }
}

interface LineProps {
  readonly label: string;
  readonly value: string;
  /** Shown in place of a value that is not there. */
  readonly empty?: string;
  readonly length: number;
  readonly isNeeded?: boolean;
  readonly save: (value: string) => Promise<string>;
}

function Line(props: LineProps) {
  const [isOpen, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const wasByKey = useRef(false);
  const close = (byKey: boolean) => {
    wasByKey.current = byKey;
    setOpen(false);
  };
  useEffect(() => {
    if (!isOpen && wasByKey.current) opener.current?.focus();
    wasByKey.current = false;
  }, [isOpen]);
  if (isOpen) return <Box {...props} close={close} />;
  const { label, value, empty } = props;
  return (
    <button
      ref={opener}
      type="button"
      className="flow-line"
      title={label}
      data-empty={value === "" || undefined}
      onClick={() => setOpen(true)}
    >
      <span>{value || empty}</span>
      <Pencil size={12} aria-hidden />
    </button>
  );
}

/** Enter and leaving the box save, Escape takes back. What was refused stays to be mended. */
function Box({ label, value, length, isNeeded, save, close }: LineProps & CloseProps) {
  const [text, setText] = useState(value);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  const noteId = useId();
  const finish = async (byKey: boolean) => {
    const wanted = text.trim();
    if (isBusy) return;
    if (wanted === value || (isNeeded && wanted === "")) return close(byKey);
    setBusy(true);
    const said = await save(wanted);
    setBusy(false);
    setRefusal(said);
    if (said === "") close(byKey);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.nativeEvent.isComposing) void finish(true);
    if (event.key === "Escape") close(true);
  };
  return (
    <span className="flow-box">
      <input
        className="input"
        data-size="small"
        aria-label={label}
        aria-invalid={refusal !== "" || undefined}
        aria-describedby={refusal ? noteId : undefined}
        aria-busy={isBusy || undefined}
        maxLength={length}
        value={text}
        // biome-ignore lint/a11y/noAutofocus: the person asked for this box by pressing a button
        autoFocus
        onFocus={(event) => event.currentTarget.select()}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        onBlur={() => void finish(false)}
      />
      {refusal && (
        <span id={noteId} className="flow-refusal" role="alert">
          {refusal}
        </span>
      )}
    </span>
  );
}

interface CloseProps {
  readonly close: (byKey: boolean) => void;
}
