/** What proves the run: the check of its chains item by item, the pictures, the recording files. */

import {
  Check,
  Download,
  ImageIcon,
  ImageOff,
  ShieldAlert,
  ShieldCheck,
  ShieldQuestion,
  X,
} from "lucide-react";
import { useCallback, useState } from "react";
import { type Loaded, useLoaded } from "../api/useLoaded";
import { clockText, timeOfDay } from "../desk/words";
import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Button, IconButton } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { checksOf } from "./checks";
import { useDownload } from "./download";
import { verifyRun } from "./load";
import { OneVideo } from "./OneVideo";
import { runsTexts } from "./texts";
import type { EvidenceItem, RunDetail, Verification } from "./types";
import { bytesText, shortHash } from "./words";

export interface EvidenceTabProps {
  readonly run: RunDetail;
  readonly labelOf: (label: string) => string;
  readonly seek: (to_ms: number) => void;
  readonly grant: (file: string) => Promise<string>;
}

export function EvidenceTab({ run, labelOf, seek, grant }: EvidenceTabProps) {
  const t = useMessages(runsTexts);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a run that has ended is another to verify
  const read = useCallback(
    (signal: AbortSignal) => verifyRun(run.id, signal),
    [run.id, run.status],
  );
  const { loaded, reload } = useLoaded(read);
  const [round, setRound] = useState<Loaded<Verification> | null>(null);
  const isChecking = loaded.state === "loading" || loaded === round;
  const again = () => {
    setRound(loaded);
    reload();
  };
  return (
    <>
      <Verdict loaded={loaded} isChecking={isChecking} />
      {loaded.state === "ready" && !isChecking && <Checks run={run} found={loaded.value} />}
      <Pictures items={run.evidence} labelOf={labelOf} seek={seek} />
      <Files run={run} grant={grant} />
      <footer className="replay-foot">
        <Button disabled={isChecking} onClick={again}>
          <ShieldCheck size={15} aria-hidden /> {t(isChecking ? "verifying" : "verify_again")}
        </Button>
      </footer>
    </>
  );
}

interface VerdictProps {
  readonly loaded: Loaded<Verification>;
  readonly isChecking: boolean;
}

function Verdict({ loaded, isChecking }: VerdictProps) {
  const t = useMessages(runsTexts);
  const locale = useLocale();
  if (isChecking || loaded.state === "loading") {
    return (
      <div className="replay-verdict" data-tone="neutral" role="status">
        <ShieldQuestion size={22} aria-hidden />
        <div>
          <b>{t("verifying")}</b>
          <p>{t("verifying_text")}</p>
        </div>
      </div>
    );
  }
  if (loaded.state === "failed") {
    const key = loaded.status === 403 ? "verify_not_yours" : "verify_failed";
    return (
      <div className="replay-verdict" data-tone="warning" role="status">
        <ShieldQuestion size={22} aria-hidden />
        <div>
          <b>{t(key)}</b>
          <p>{t(`${key}_text`)}</p>
        </div>
      </div>
    );
  }
  const { ok, events, checked_at } = loaded.value;
  const time = timeOfDay(Date.parse(checked_at), locale, true);
  return (
    <div className="replay-verdict" data-tone={ok ? "positive" : "negative"} role="status">
      {ok ? <ShieldCheck size={22} aria-hidden /> : <ShieldAlert size={22} aria-hidden />}
      <div>
        <b>{ok ? t("verified", { n: events.count }) : t("broken")}</b>
        <p>{t(ok ? "verified_text" : "broken_text", { time })}</p>
      </div>
    </div>
  );
}

function Checks({ run, found }: { run: RunDetail; found: Verification }) {
  const t = useMessages(runsTexts);
  return (
    <ul className="replay-checks">
      {checksOf(run, found, t).map((check) => (
        <li key={check.id} data-ok={check.ok}>
          {check.ok ? <Check size={14} aria-hidden /> : <X size={14} aria-hidden />}
          <span>{check.text}</span>
          <b className="num">{check.figure}</b>
        </li>
      ))}
    </ul>
  );
}

interface PicturesProps {
  readonly labelOf: (label: string) => string;
  readonly items: readonly EvidenceItem[];
  readonly seek: (to_ms: number) => void;
}

function Pictures({ items, labelOf, seek }: PicturesProps) {
  const t = useMessages(runsTexts);
  const [open, setOpen] = useState<EvidenceItem | null>(null);
  return (
    <section className="replay-section">
      <h2>{t("pictures")}</h2>
      {items.length === 0 && <p className="replay-none">{t("pictures_none")}</p>}
      <ul>
        {items.map((item) => (
          <li key={item.id} className="replay-item">
            <Thumb item={item} label={labelOf(item.label)} onOpen={() => setOpen(item)} />
            <div>
              <b>{labelOf(item.label) || item.kind}</b>
              <small className="mono" title={item.sha256}>
                {shortHash(item.sha256)}
              </small>
            </div>
            <button type="button" className="replay-jump num" onClick={() => seek(item.at_ms)}>
              {clockText(item.at_ms)}
            </button>
          </li>
        ))}
      </ul>
      {open && <Picture item={open} title={labelOf(open.label)} onClose={() => setOpen(null)} />}
    </section>
  );
}

interface ThumbProps {
  readonly item: EvidenceItem;
  readonly label: string;
  readonly onOpen: () => void;
}

function Thumb({ item, label, onOpen }: ThumbProps) {
  const t = useMessages(runsTexts);
  if (item.url === "") {
    return (
      <span
        className="replay-thumb replay-thumb-gone"
        role="img"
        aria-label={t("erased_picture", { label })}
      >
        <ImageOff size={18} aria-hidden />
      </span>
    );
  }
  return (
    <button
      type="button"
      className="replay-thumb"
      aria-label={t("picture_open", { label })}
      onClick={onOpen}
    >
      <img src={item.url} alt="" width="56" height="42" loading="lazy" />
    </button>
  );
}

interface PictureProps {
  readonly item: EvidenceItem;
  readonly title: string;
  readonly onClose: () => void;
}

function Picture({ item, title, onClose }: PictureProps) {
  const t = useMessages(runsTexts);
  return (
    <Dialog
      title={title || item.kind}
      closeLabel={t("picture_close")}
      size="wide"
      onClose={onClose}
    >
      <img className="replay-picture" src={item.url} alt={title} />
      <p className="replay-hash">
        <ImageIcon size={14} aria-hidden />
        {item.width && item.height ? `${item.width} × ${item.height} · ` : ""}
        {t("hash")} <span className="mono">{item.sha256}</span>
      </p>
    </Dialog>
  );
}

function Files({ run, grant }: Pick<EvidenceTabProps, "run" | "grant">) {
  const t = useMessages(runsTexts);
  const locale = useLocale();
  const files = run.recordings.flatMap((one) => one.files);
  const { busy, download } = useDownload(grant);
  const whole = run.recordings.filter((one) =>
    one.files.some((file) => file.state === "delivered"),
  );
  return (
    <section className="replay-section">
      <h2>{t("files")}</h2>
      {files.length === 0 && <p className="replay-none">{t("files_none")}</p>}
      <ul>
        {files.map((file) => (
          <li key={file.id} className="replay-item">
            <div>
              <b>{file.name || t("unnamed")}</b>
              <small className="num">
                {clockText(file.duration_ms)} · {bytesText(file.bytes, locale)}
                {file.state === "erased" && ` · ${t("erased_file")}`}
                {file.state === "recording" && ` · ${t("file_pending")}`}
              </small>
            </div>
            <IconButton
              label={t("download")}
              disabled={file.state !== "delivered" || busy !== null}
              onClick={() => void download([file])}
            >
              <Download size={16} />
            </IconButton>
          </li>
        ))}
      </ul>
      {whole.map((one) => (
        <OneVideo
          key={one.recording}
          run={run.id}
          number={run.number}
          recording={one.recording}
          grant={grant}
        />
      ))}
    </section>
  );
}
