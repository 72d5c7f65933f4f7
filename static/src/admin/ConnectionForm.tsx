/** Sets up a connection, or changes one: a secret is written here and never read. */

import { useEffect, useState } from "react";
import { useAct } from "../api/useAct";
import { useMessages } from "../i18n/messages";
import { ActionDialog } from "../ui/ActionDialog";
import { Field } from "../ui/Field";
import { Skeleton } from "../ui/Skeleton";
import { Switch } from "../ui/Switch";
import { toast } from "../ui/Toast";
import {
  authsOf,
  EMPTY,
  FIELDS,
  type Form,
  formOf,
  KINDS,
  type Kind,
  type Row,
  readConnection,
  saveConnection,
  withKind,
} from "./connections";
import { adminTexts } from "./texts";

export interface ConnectionFormProps {
  /** Null for a new one. */
  readonly row: Row | null;
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

interface Known {
  readonly form: Form | null;
  readonly hasSecret: boolean;
}

export function ConnectionForm({ row, onClose, onSaved }: ConnectionFormProps) {
  const t = useMessages(adminTexts);
  const { busy, refusal, faults, act } = useAct(FIELDS);
  const [known, setKnown] = useState<Known>({ form: row ? null : EMPTY, hasSecret: false });
  const { form } = known;
  useEffect(() => {
    if (row === null) return;
    void act(() => readConnection(row.id)).then((found) => {
      if (found) setKnown({ form: formOf(found.value), hasSecret: found.value.has_secret });
    });
  }, [row, act]);
  const save = async () => {
    if (form === null || (await act(() => saveConnection(row?.id ?? null, form))) === null) return;
    toast({ text: t("saved") });
    onSaved();
    onClose();
  };
  return (
    <ActionDialog
      title={row ? t("change_title", { name: row.name }) : t("add_title")}
      closeLabel={t("close")}
      backLabel={t("back")}
      actionLabel={t(busy && form ? "saving" : "save")}
      busy={busy}
      isOff={form === null}
      refusal={refusal}
      onAction={save}
      onClose={onClose}
    >
      {form === null ? (
        <Skeleton height={220} />
      ) : (
        <form
          className="admin-form"
          onSubmit={(event) => {
            event.preventDefault();
            void save();
          }}
        >
          <Fields
            form={form}
            isNew={row === null}
            hasSecret={known.hasSecret}
            faults={faults}
            onForm={(next) => setKnown({ ...known, form: next })}
          />
          <input type="submit" hidden />
        </form>
      )}
    </ActionDialog>
  );
}

interface FieldsProps {
  readonly form: Form;
  readonly isNew: boolean;
  readonly hasSecret: boolean;
  readonly faults: Readonly<Record<string, string>>;
  readonly onForm: (form: Form) => void;
}

function Fields({ form, isNew, hasSecret, faults, onForm }: FieldsProps) {
  const t = useMessages(adminTexts);
  const isMail = form.kind === "email";
  const nameFault = faults["/name"] && t("name_fault");
  return (
    <>
      {isNew && (
        <div className="admin-pair">
          <Field label={t("name")} help={t("name_help")} error={nameFault || undefined}>
            {(control) => (
              <input
                {...control}
                className="input mono"
                maxLength={40}
                // biome-ignore lint/a11y/noAutofocus: a window that was asked for begins at its first field
                autoFocus
                autoComplete="off"
                spellCheck={false}
                value={form.name}
                onChange={(event) => onForm({ ...form, name: event.currentTarget.value })}
              />
            )}
          </Field>
          <Field label={t("kind")}>
            {(control) => (
              <select
                {...control}
                className="input"
                value={form.kind}
                onChange={(event) => onForm(withKind(form, event.currentTarget.value as Kind))}
              >
                {KINDS.map((kind) => (
                  <option key={kind} value={kind}>
                    {t(`kind_${kind}`)}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </div>
      )}
      <Field
        label={t("address")}
        help={t(isMail ? "address_help_mail" : "address_help")}
        error={faults["/base_url"]}
      >
        {(control) => (
          <input
            {...control}
            className="input mono"
            maxLength={300}
            inputMode="url"
            autoComplete="off"
            spellCheck={false}
            value={form.base_url}
            onChange={(event) => onForm({ ...form, base_url: event.currentTarget.value })}
          />
        )}
      </Field>
      <Proof form={form} hasSecret={hasSecret} faults={faults} onForm={onForm} />
      {isMail && (
        <Field label={t("sender")} error={faults["/sender"]}>
          {(control) => (
            <input
              {...control}
              className="input"
              type="email"
              value={form.sender}
              onChange={(event) => onForm({ ...form, sender: event.currentTarget.value })}
            />
          )}
        </Field>
      )}
      <Field label={t("seconds")} error={faults["/timeout_ms"]}>
        {(control) => (
          <input
            {...control}
            className="input admin-number num"
            type="number"
            min={0.5}
            max={20}
            step={0.5}
            value={form.seconds}
            onChange={(event) => onForm({ ...form, seconds: event.currentTarget.value })}
          />
        )}
      </Field>
      <Switch
        label={t("private")}
        checked={form.private}
        onChange={(isPrivate) => onForm({ ...form, private: isPrivate })}
      />
      <p className="field-help admin-under">{t("private_help")}</p>
      <Switch
        label={t("allowed")}
        checked={form.allowed}
        onChange={(allowed) => onForm({ ...form, allowed })}
      />
    </>
  );
}

type ProofProps = Omit<FieldsProps, "isNew">;

/** How the other side knows us. */
function Proof({ form, hasSecret, faults, onForm }: ProofProps) {
  const t = useMessages(adminTexts);
  const { auth } = form;
  return (
    <>
      <Field label={t("auth")}>
        {(control) => (
          <select
            {...control}
            className="input"
            value={auth}
            onChange={(event) =>
              onForm({ ...form, auth: event.currentTarget.value as Form["auth"] })
            }
          >
            {authsOf(form.kind).map((one) => (
              <option key={one} value={one}>
                {t(`auth_${one}`)}
              </option>
            ))}
          </select>
        )}
      </Field>
      {(auth === "basic" || auth === "header") && (
        <Field label={t(auth === "basic" ? "username" : "header")} error={faults["/username"]}>
          {(control) => (
            <input
              {...control}
              className="input mono"
              maxLength={120}
              autoComplete="off"
              spellCheck={false}
              value={form.username}
              onChange={(event) => onForm({ ...form, username: event.currentTarget.value })}
            />
          )}
        </Field>
      )}
      {auth !== "none" && (
        <Field
          label={t(`secret_${auth}`)}
          help={t(hasSecret ? "secret_kept" : "secret_help")}
          error={faults["/secret"]}
        >
          {(control) => (
            <input
              {...control}
              className="input mono"
              type="password"
              maxLength={1000}
              autoComplete="new-password"
              value={form.secret}
              onChange={(event) => onForm({ ...form, secret: event.currentTarget.value })}
            />
          )}
        </Field>
      )}
    </>
  );
}
