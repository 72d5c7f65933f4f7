/** Somebody saved first: what they changed, what you changed, and what becomes of both, in words. */

import { GitMerge } from "lucide-react";
import { useMemo, useState } from "react";
import { type Change, merge } from "../flow/diff";
import { type Draft, readDraft } from "../flow/model";
import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Segments } from "../ui/Switch";
import { useChangeWords } from "./changes";
import { nameOf, type StaleDraft } from "./data";
import { settle } from "./saving";
import { useDocument } from "./store";
import { texts } from "./texts";
import { look } from "./view";

type Choice = "merged" | "theirs" | "mine";

export function MergeDialog({ current }: { readonly current: StaleDraft }) {
  const t = useMessages(texts);
  const locale = useLocale();
  const { flow, history, savedDraft } = useDocument();
  const [choice, setChoice] = useState<Choice>("merged");
  const theirs = useMemo(() => readDraft(current), [current]);
  const merged = useMemo(
    () => merge(savedDraft, history.now, theirs),
    [savedDraft, history.now, theirs],
  );
  const close = () => look({ dialog: null });
  const results: Readonly<Record<Choice, Draft>> = {
    merged: merged.draft,
    theirs,
    mine: history.now,
  };
  const decide = () => {
    if (flow) settle(flow.id, results[choice], current, theirs);
    close();
  };
  const when = new Date(current.saved_at).toLocaleTimeString(locale, {
    hour: "2-digit",
    minute: "2-digit",
  });
  const footer = (
    <>
      <span className="grow faint">{t("merge_undo")}</span>
      <Button onClick={close}>{t("later")}</Button>
      <Button kind="primary" icon={<GitMerge size={15} />} onClick={decide}>
        {t(`merge_use_${choice}`)}
      </Button>
    </>
  );
  return (
    <Dialog
      title={t("merge_title")}
      closeLabel={t("close")}
      size="wide"
      onClose={close}
      footer={footer}
    >
      <p className="soft">
        {t("merge_text", { who: nameOf(current.saved_by) || t("somebody"), when })}
      </p>
      <Segments
        label={t("merge_title")}
        value={choice}
        onChange={setChoice}
        options={[
          { value: "merged", label: t("merge_both") },
          { value: "theirs", label: t("merge_theirs") },
          { value: "mine", label: t("merge_mine") },
        ]}
      />
      <div className="merge-sides">
        <Side
          title={t("merge_their_changes")}
          changes={merged.theirs}
          draft={theirs}
          base={savedDraft}
          isDropped={choice === "mine"}
        />
        <Side
          title={t("merge_my_changes")}
          changes={merged.mine}
          draft={history.now}
          base={savedDraft}
          isDropped={choice === "theirs"}
        />
      </div>
      {merged.conflicts.length > 0 && choice === "merged" && (
        <Side
          title={t("merge_conflicts", { n: merged.conflicts.length })}
          changes={merged.conflicts}
          draft={history.now}
          base={savedDraft}
          isDropped={false}
        />
      )}
    </Dialog>
  );
}

interface SideProps {
  readonly title: string;
  readonly changes: readonly Change[];
  readonly draft: Draft;
  readonly base: Draft;
  readonly isDropped: boolean;
}

function Side({ title, changes, draft, base, isDropped }: SideProps) {
  const t = useMessages(texts);
  const words = useChangeWords(base, draft);
  return (
    <section className="merge-side" data-dropped={isDropped || undefined}>
      <h3 className="field-label">{title}</h3>
      <ul>
        {changes.map((change) => (
          <li key={JSON.stringify(change)}>{words(change)}</li>
        ))}
        {changes.length === 0 && <li className="faint">{t("only_layout")}</li>}
      </ul>
    </section>
  );
}
