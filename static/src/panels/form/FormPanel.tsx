/** A form both sides fill and both see: the other's field is marked, every change arrives at once. */

import { useState } from "react";
import { pickText } from "../../i18n/locale";
import { translate } from "../../i18n/messages";
import type { FormData } from "../contracts";
import { PanelButton, Refusal, StepTitle, useAct } from "../kit";
import type { PanelProps } from "../panel";
import { problem, shownText, visitors } from "./draft";
import { Field } from "./Field";
import { texts } from "./texts";
import { useTyping } from "./useTyping";

export function FormPanel({ activity, data, act, locale, role }: PanelProps<FormData>) {
  const t = translate(texts, locale);
  const { press, busy, refusal } = useAct(act, locale);
  const { typing, entries, refusal: lost } = useTyping(activity.id, data, act);
  const [isFlushing, setFlushing] = useState(false);
  const [isSure, setSure] = useState(false);
  const isStaff = role !== "customer";
  const isSending = isFlushing || busy === "submit";
  const submit = async () => {
    setFlushing(true);
    const isWhole = await typing.flush();
    setFlushing(false);
    if (isWhole) await press("submit");
  };
  return (
    <div className="p-sheet-body p-form">
      <div className="p-scroll">
        {!isStaff && <StepTitle>{pickText(data.heading, locale)}</StepTitle>}
        <p className="p-soft p-small">{t("both_see")}</p>
        <div className="p-fields">
          {data.fields.map((field) => (
            <Field
              key={field.name}
              field={field}
              locale={locale}
              text={shownText(field, data.values, entries[field.name]?.text)}
              error={problem(field, data.errors, entries[field.name])}
              visitors={visitors(data.focus, field.name, role)}
              onFocus={() => typing.focus(field.name)}
              onBlur={() => typing.leave(field.name)}
              onEdit={(text) => typing.edit(field, text)}
            />
          ))}
        </div>
      </div>
      <Refusal message={refusal || lost(locale)} />
      <footer className="p-actions">
        {!data.can_submit && !isStaff && <p className="p-small">{t("incomplete")}</p>}
        {isSure ? (
          <fieldset className="p-sure">
            <legend>{t("cancel_sure")}</legend>
            <PanelButton onPress={() => setSure(false)}>{t("back")}</PanelButton>
            <PanelButton
              kind="danger"
              isBusy={busy === "cancel"}
              onPress={() => void press("cancel")}
            >
              {t("cancel_yes")}
            </PanelButton>
          </fieldset>
        ) : (
          <>
            {data.can_cancel && (
              <PanelButton kind="quiet" onPress={() => setSure(true)}>
                {t("cancel")}
              </PanelButton>
            )}
            <PanelButton
              kind="main"
              isDisabled={!data.can_submit}
              isBusy={isSending}
              onPress={() => void submit()}
            >
              {t(isSending ? "sending" : isStaff ? "submit_staff" : "submit")}
            </PanelButton>
          </>
        )}
      </footer>
    </div>
  );
}
