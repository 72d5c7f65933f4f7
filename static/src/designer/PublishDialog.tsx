/** From draft to a numbered version: what is wrong, a note, then the version and its join link. */

import { CircleAlert, CircleCheck, Send, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { ApiError } from "../api/http";
import { useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Field } from "../ui/Field";
import { api, type Finding, type Published } from "./data";
import { findNodeTitle } from "./derive";
import { LinkCard } from "./LinkDialog";
import { save } from "./saving";
import { hasUnsaved, useDocument } from "./store";
import { texts } from "./texts";
import { look, selectNode } from "./view";

const close = () => look({ dialog: null });

export function PublishDialog() {
  const t = useMessages(texts);
  const [done, setDone] = useState<Published | null>(null);
  return done ? (
    <Dialog
      title={t("published_title", { version: done.number })}
      closeLabel={t("close")}
      onClose={close}
      footer={<Button onClick={close}>{t("done")}</Button>}
    >
      <p className="note" data-tone="positive">
        <CircleCheck size={15} aria-hidden />
        <span>{t("published_text", { version: done.number })}</span>
      </p>
      <LinkCard version={done.number} />
    </Dialog>
  ) : (
    <Ask onDone={setDone} />
  );
}

function Ask({ onDone }: { readonly onDone: (published: Published) => void }) {
  const t = useMessages(texts);
  const findings = useDocument((document) => document.verified?.findings ?? []);
  const [note, setNote] = useState("");
  const { publish, isBusy, problem } = usePublish(onDone);
  const errors = findings.filter((finding) => finding.severity === "error");
  const footer = (
    <>
      <span className="grow faint">
        {errors.length > 0 ? t("errors_block", { n: errors.length }) : ""}
      </span>
      <Button onClick={close}>{t("cancel")}</Button>
      <Button
        kind="primary"
        icon={<Send size={15} />}
        disabled={errors.length > 0 || isBusy}
        onClick={() => void publish(note)}
      >
        {isBusy ? t("publishing") : t("publish")}
      </Button>
    </>
  );
  return (
    <Dialog title={t("publish_title")} closeLabel={t("close")} onClose={close} footer={footer}>
      <p className="soft">{t("publish_text")}</p>
      <FindingList findings={findings} />
      <Field label={t("publish_note")} help={t("publish_note_help")}>
        {(control) => (
          <textarea
            {...control}
            className="input"
            rows={3}
            maxLength={500}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
        )}
      </Field>
      {problem && (
        <p className="note" data-tone="negative" role="alert">
          <CircleAlert size={15} aria-hidden />
          <span>{problem}</span>
        </p>
      )}
    </Dialog>
  );
}

function usePublish(onDone: (published: Published) => void) {
  const t = useMessages(texts);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const publish = async (note: string) => {
    const { flow } = useDocument.getState();
    if (!flow) return;
    setBusy(true);
    setProblem("");
    try {
      await save(flow.id);
      if (hasUnsaved()) throw new ApiError(0, "not_saved", t("publish_not_saved"));
      const published = await api.publish(flow.id, useDocument.getState().revision, note);
      useDocument.setState({ flow: await api.flow(flow.id) });
      onDone(published);
    } catch (error) {
      const known = error instanceof ApiError ? error : new ApiError(0, "offline", "");
      setProblem(known.status === 409 ? t("publish_stale") : known.message || t("try_again"));
    } finally {
      setBusy(false);
    }
  };
  return { publish, isBusy, problem };
}

function FindingList({ findings }: { readonly findings: readonly Finding[] }) {
  const t = useMessages(texts);
  const text = useLocalText();
  const document_ = useDocument();
  if (findings.length === 0) {
    return (
      <p className="note" data-tone="positive">
        <CircleCheck size={15} aria-hidden />
        <span>{t("no_problems")}</span>
      </p>
    );
  }
  const go = (finding: Finding) => {
    if (!finding.node) return;
    selectNode(finding.node, finding.outcome && !finding.field ? "outcomes" : "configure");
    look({ dialog: null, focusField: finding.field ?? finding.outcome });
  };
  return (
    <ul className="finding-list">
      {findings.map((finding) => {
        const Icon = finding.severity === "error" ? CircleAlert : TriangleAlert;
        return (
          <li key={`${finding.rule} ${finding.node} ${finding.outcome} ${finding.field}`}>
            <button type="button" onClick={() => go(finding)}>
              <span
                className="flag"
                data-tone={finding.severity === "error" ? "negative" : "warning"}
              >
                <Icon
                  size={13}
                  aria-label={t(
                    finding.severity === "error" ? "severity_error" : "severity_warning",
                  )}
                />
              </span>
              <b>{text(findNodeTitle(document_, finding.node))}</b>
              <span>{text(finding.message)}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
