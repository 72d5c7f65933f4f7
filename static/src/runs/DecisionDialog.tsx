/** Asks for what a decision needs, outcome and reason, and takes it. */

import { CircleAlert } from "lucide-react";
import { useState } from "react";
import { useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { ActionDialog } from "../ui/ActionDialog";
import { Field } from "../ui/Field";
import { IS_FINAL, REASON_LENGTH } from "./decisions";
import { standingTexts } from "./standing_texts";
import type { Incident, RunDetail } from "./types";
import { useDecision } from "./useDecision";

export type Asked = "skip" | "end" | "suspend" | "cancel";

export interface DecisionDialogProps {
  readonly run: RunDetail;
  readonly asked: Asked;
  readonly onTaken: () => void;
  readonly onClose: () => void;
}

export function DecisionDialog({ run, asked, onTaken, onClose }: DecisionDialogProps) {
  const t = useMessages(standingTexts);
  const words = useWords(run, asked);
  const { busy, refusal, take } = useDecision(run.id, asked, onTaken);
  const outcomes = asked === "skip" ? (run.incident?.outcomes ?? []) : [];
  const [outcome, setOutcome] = useState("");
  const [reason, setReason] = useState("");
  const [isChecked, setChecked] = useState(false);
  const needsOutcome = outcomes.length > 0 && outcome === "";
  const go = async () => {
    setChecked(true);
    if (needsOutcome || reason.trim() === "") return;
    const isTaken = await take({ reason: reason.trim(), ...(outcome ? { outcome } : {}) });
    if (isTaken) onClose();
  };
  return (
    <ActionDialog
      title={words.title}
      closeLabel={t("close")}
      backLabel={t("back")}
      actionLabel={busy ? t(`${asked}_busy`) : t(`${asked}_yes`)}
      busy={busy}
      isFinal={IS_FINAL.has(asked)}
      refusal={refusal}
      onAction={go}
      onClose={onClose}
    >
      <p className="decide-text">{words.text}</p>
      {outcomes.length > 0 && (
        <OutcomeChoice
          outcomes={outcomes}
          chosen={outcome}
          onChoose={setOutcome}
          error={isChecked && needsOutcome ? t("outcome_missing") : ""}
        />
      )}
      <Field
        label={t("reason")}
        help={t("reason_help")}
        error={isChecked && reason.trim() === "" ? t("reason_missing") : undefined}
      >
        {(control) => (
          <textarea
            {...control}
            className="input"
            rows={3}
            maxLength={REASON_LENGTH}
            value={reason}
            // biome-ignore lint/a11y/noAutofocus: a window that was asked for begins at its first field
            autoFocus={outcomes.length === 0}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        )}
      </Field>
    </ActionDialog>
  );
}

function useWords(run: RunDetail, asked: Asked): { readonly title: string; readonly text: string } {
  const t = useMessages(standingTexts);
  const say = useLocalText();
  const step = say(run.incident?.title);
  const key = asked === "skip" && run.status === "compensating" ? "skip_undo" : asked;
  return { title: t(`${key}_title`, { step }), text: t(`${key}_text`) };
}

interface OutcomeChoiceProps {
  readonly outcomes: Incident["outcomes"];
  readonly chosen: string;
  readonly onChoose: (outcome: string) => void;
  readonly error: string;
}

function OutcomeChoice({ outcomes, chosen, onChoose, error }: OutcomeChoiceProps) {
  const t = useMessages(standingTexts);
  const say = useLocalText();
  return (
    <fieldset className="decide-choices">
      <legend className="field-label">{t("outcome")}</legend>
      {outcomes.map((one) => (
        <label key={one.id} className="decide-choice">
          <input
            type="radio"
            name="outcome"
            checked={one.id === chosen}
            onChange={() => onChoose(one.id)}
          />
          <i className="polarity" data-polarity={one.polarity} aria-hidden />
          <span>
            <b>{say(one.label) || one.id}</b>
            {one.target && <small>{t("leads_to", { step: say(one.target) })}</small>}
          </span>
        </label>
      ))}
      {error && (
        <p className="field-error" role="alert">
          <CircleAlert size={13} aria-hidden /> {error}
        </p>
      )}
    </fieldset>
  );
}
