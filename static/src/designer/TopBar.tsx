/** Above the canvas: which flow, whether it is safe, back and forth, and the one primary button: publish. */

import {
  Check,
  ChevronRight,
  CloudOff,
  GitMerge,
  Link2,
  LoaderCircle,
  Pencil,
  Redo2,
  Send,
  Undo2,
} from "lucide-react";
import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Button, IconButton } from "../ui/Button";
import { nameOf } from "./data";
import { FlowName } from "./FlowName";
import { redoLast, type SaveState, undoLast, useDocument } from "./store";
import { texts } from "./texts";
import { look } from "./view";

export function TopBar() {
  const t = useMessages(texts);
  const flow = useDocument((document) => document.flow);
  const history = useDocument((document) => document.history);
  const latest = flow?.versions.reduce((most, version) => Math.max(most, version.number), 0) ?? 0;
  return (
    <header className="top">
      <a className="top-crumb" href="/designer/">
        {t("flows")}
      </a>
      <ChevronRight size={12} aria-hidden className="faint" />
      <FlowName />
      <Saved />
      <span className="top-pair">
        <IconButton label={t("undo")} disabled={history.past.length === 0} onClick={undoLast}>
          <Undo2 size={16} />
        </IconButton>
        <IconButton label={t("redo")} disabled={history.future.length === 0} onClick={redoLast}>
          <Redo2 size={16} />
        </IconButton>
      </span>
      <span className="grow" />
      <VersionBox latest={latest} />
      <span className="grow" />
      <Button
        icon={<Link2 size={16} />}
        disabled={latest === 0}
        title={latest === 0 ? t("link_needs_version") : undefined}
        onClick={() => look({ dialog: "link" })}
      >
        {t("join_link")}
      </Button>
      <Button
        kind={history.now.graph.nodes.length > 0 ? "primary" : "plain"}
        icon={<Send size={16} />}
        onClick={() => look({ dialog: "publish" })}
      >
        {t("publish")}
      </Button>
    </header>
  );
}

function VersionBox({ latest }: { readonly latest: number }) {
  const t = useMessages(texts);
  const locale = useLocale();
  const flow = useDocument((document) => document.flow);
  const version = flow?.versions.find((one) => one.number === latest);
  const note = version
    ? t("version_by", {
        version: latest,
        who: nameOf(version.published_by),
        when: new Date(version.published_at).toLocaleDateString(locale, { dateStyle: "medium" }),
      })
    : t("never_published");
  return (
    <span className="version-box">
      <span className="version-state">
        <i />
        {t("draft")}
      </span>
      <span className="soft">{note}</span>
    </span>
  );
}

function Saved() {
  const t = useMessages(texts);
  const locale = useLocale();
  const save = useDocument((document) => document.save);
  const isConflict = save.kind === "conflict";
  return (
    <span className="saved" data-kind={save.kind} role="status" data-testid="save-state">
      <SaveIcon save={save} />
      {isConflict ? (
        <button type="button" onClick={() => look({ dialog: "merge" })}>
          {t("save_conflict")}
        </button>
      ) : (
        saveText(save, t, locale)
      )}
    </span>
  );
}

function SaveIcon({ save }: { readonly save: SaveState }) {
  switch (save.kind) {
    case "saved":
      return <Check size={14} aria-hidden />;
    case "unsaved":
      return <Pencil size={12} aria-hidden />;
    case "saving":
      return <LoaderCircle size={13} className="turning" aria-hidden />;
    case "kept":
      return <CloudOff size={14} aria-hidden />;
    default:
      return <GitMerge size={14} aria-hidden />;
  }
}

function saveText(
  save: SaveState,
  t: ReturnType<typeof useMessages<keyof (typeof texts)["en"]>>,
  locale: string,
): string {
  switch (save.kind) {
    case "saved":
      return save.atMs
        ? t("saved_at", {
            time: new Date(save.atMs).toLocaleTimeString(locale, {
              hour: "2-digit",
              minute: "2-digit",
            }),
          })
        : t("saved");
    case "kept":
      return save.reason === "offline" ? t("kept_offline") : t("kept_refused");
    case "unsaved":
      return t("unsaved");
    default:
      return t("saving");
  }
}
