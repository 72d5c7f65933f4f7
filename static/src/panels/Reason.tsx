/** Asks the agent for a reason before something out of the ordinary; the reason is kept in the run. */

import { useId } from "react";
import type { ActResult } from "../api/socket_types";
import { useKept } from "./kept";
import { PanelButton, Refusal } from "./kit";

export interface ReasonProps {
  /** Of the visit it is asked for: what was typed is there again under it. */
  readonly activity: string;
  readonly title: string;
  readonly text: string;
  readonly confirm: string;
  readonly back: string;
  readonly refusal: string;
  readonly isBusy: boolean;
  readonly onBack: () => void;
  readonly onConfirm: (reason: string) => Promise<ActResult>;
}

export function Reason(props: ReasonProps) {
  const [reason, setReason] = useKept(`${props.activity} ${props.title}`);
  const id = useId();
  const said = reason.trim();
  const confirm = async () => {
    const result = await props.onConfirm(said);
    if (result.ok) setReason("");
  };
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
          onPress={() => void confirm()}
        >
          {props.confirm}
        </PanelButton>
      </footer>
    </div>
  );
}
