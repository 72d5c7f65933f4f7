/** What was filled in, and what the run knows: masked as the server masks it. */

import { EyeOff } from "lucide-react";
import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Badge } from "../ui/Badge";
import { runsTexts } from "./texts";
import type { RunDetail, RunVariable } from "./types";
import { textOf } from "./words";

export function AnswersTab({ run }: { run: RunDetail }) {
  const t = useMessages(runsTexts);
  const locale = useLocale();
  if (run.erased_at) {
    return (
      <section className="replay-section">
        <h2>{t("erased_answers")}</h2>
        <p className="replay-none">{t("erased_answers_text")}</p>
      </section>
    );
  }
  return (
    <>
      {run.forms.length === 0 && (
        <section className="replay-section">
          <h2>{t("forms")}</h2>
          <p className="replay-none">{t("forms_none")}</p>
        </section>
      )}
      {run.forms.map((form) => (
        <section key={form.node} className="replay-section">
          <h2>{textOf(form.title, locale) || t("forms")}</h2>
          <dl className="replay-values">
            {form.fields.map((field) => (
              <div key={textOf(field.label, locale)}>
                <dt>{textOf(field.label, locale)}</dt>
                <dd>
                  <Value value={field.shown ? textOf(field.shown, locale) : field.value} />
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <section className="replay-section">
        <h2>{t("variables")}</h2>
        {run.variables.length === 0 && <p className="replay-none">{t("variables_none")}</p>}
        <dl className="replay-values">
          {run.variables.map((variable) => (
            <div key={variable.name}>
              <dt className="mono">{variable.name}</dt>
              <dd>
                <Value value={dated(variable, locale)} />
                {variable.privacy !== "none" && (
                  <Badge tone="line">{t(`privacy_${variable.privacy}`)}</Badge>
                )}
              </dd>
            </div>
          ))}
        </dl>
        <p className="replay-note">
          <EyeOff size={14} aria-hidden /> {t("masked_note")}
        </p>
      </section>
    </>
  );
}

/** Moments are kept as numbers, under names that end in `at`. */
function dated({ name, value }: RunVariable, locale: string): unknown {
  if (typeof value !== "number" || !/(^|[._])at$/.test(name)) return value;
  return new Date(value).toLocaleString(locale, { dateStyle: "medium", timeStyle: "medium" });
}

function Value({ value }: { value: unknown }) {
  const t = useMessages(runsTexts);
  const locale = useLocale();
  if (value === null || value === undefined || value === "") {
    return <i className="replay-empty">{t("empty_value")}</i>;
  }
  if (typeof value === "boolean") return <>{t(value ? "yes" : "no")}</>;
  if (typeof value === "number") return <>{value.toLocaleString(locale)}</>;
  return <>{typeof value === "string" ? value : JSON.stringify(value)}</>;
}
