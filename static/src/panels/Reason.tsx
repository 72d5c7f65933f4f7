/** Asks the agent for a reason before something out of the ordinary; the reason is kept in the run. */

import { useId, useState } from "react";
import { PanelButton, Refusal } from "./kit";

export interface ReasonProps {
  readonly title: string;
  readonly text: string;
  readonly confirm: string;
  readonly back: string;
  readonly refusal: string;
  readonly isBusy: boolean;
  readonly onBack: () => void;
  readonly onConfirm: (reason: string) => void;
}

export function Reason(props: ReasonProps) {
  const [reason, setReason] = useState("");
  const id = useId();
  const said = reason.trim();
  return (
    <div className="p-desk">
      <div className="p-reason">
        <label htmlFor={id}>{props.title}</label>
        <p className="p-soft">{props.text}</p>
        <textarea
          id={id}
          className="p-input"
          rows={4}
          maxLength={500}
          value={reason}
          // biome-ignore lint/a11y/noAutofocus: the person asked for this box by pressing a button
          autoFocus
          onInput={(event) => setReason(event.currentTarget.value)}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      </div>
      <Refusal message={props.refusal} />
      <footer className="p-actions">
        <PanelButton onPress={props.onBack}>{props.back}</PanelButton>
        <span className="p-grow" />
        <PanelButton
          kind="danger"
          isDisabled={said === ""}
          isBusy={props.isBusy}
          onPress={() => props.onConfirm(said)}
        >
          {props.confirm}
        </PanelButton>
      </footer>
    </div>
  );
}
