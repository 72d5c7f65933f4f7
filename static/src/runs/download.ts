/** Saves recording files: one grant each, one after the other, so no grant grows old while another is saved. */

import { useCallback, useState } from "react";
import { useMessages } from "../i18n/messages";
import { toast } from "../ui/Toast";
import { runsTexts } from "./texts";
import type { RecordingFile } from "./types";

export interface Download {
  /** The file being prepared, or null. */
  readonly busy: string | null;
  readonly download: (files: readonly RecordingFile[]) => Promise<void>;
}

/** Browsers drop the second of two downloads that start in the same moment. */
const PAUSE_MS = 400;

export function useDownload(grant: (file: string) => Promise<string>): Download {
  const t = useMessages(runsTexts);
  const [busy, setBusy] = useState<string | null>(null);
  const download = useCallback(
    async (files: readonly RecordingFile[]) => {
      try {
        for (const file of files) {
          setBusy(file.id);
          save(await grant(file.id), fileName(file));
          await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        }
      } catch {
        toast({ text: t("download_failed"), tone: "negative" });
      } finally {
        setBusy(null);
      }
    },
    [grant, t],
  );
  return { busy, download };
}

const ENDINGS = [
  ["mp4", "mp4"],
  ["matroska", "mkv"],
] as const;

function fileName(file: RecordingFile): string {
  const end = ENDINGS.find(([mime]) => file.mime.includes(mime))?.[1] ?? "webm";
  const second = file.label && `-${file.label}`;
  return `${file.role}${second}-${file.id}.${end}`;
}

export function save(url: string, name: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}
