/** The whole recording as one video: made on request, with its progress, to be downloaded. */

import { Clapperboard, Download, X } from "lucide-react";
import { useId, useState } from "react";
import { clockText } from "../desk/words";
import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Button, IconButton } from "../ui/Button";
import { toast } from "../ui/Toast";
import { type Composition, useVideo, type Video } from "./compositions";
import { save } from "./download";
import { videoTexts } from "./video_texts";
import { bytesText } from "./words";

export interface OneVideoProps {
  readonly run: string;
  readonly recording: string;
  readonly number: string;
  readonly grant: (file: string) => Promise<string>;
}

export function OneVideo({ run, recording, number, grant }: OneVideoProps) {
  const t = useMessages(videoTexts);
  const title = useId();
  const video = useVideo(run, recording);
  if (video.standing === null) return null;
  return (
    <section className="replay-item replay-video" aria-labelledby={title}>
      <div>
        <b id={title}>{t("title")}</b>
        <How video={video} />
      </div>
      <Action video={video} number={number} grant={grant} />
    </section>
  );
}

function How({ video }: { video: Video }) {
  const t = useMessages(videoTexts);
  const locale = useLocale();
  const { standing, refusal } = video;
  if (refusal !== null) return <small role="alert">{refusal || t("refused")}</small>;
  if (standing === null || standing === "none") return <small>{t("text")}</small>;
  switch (standing.state) {
    case "working":
      return <Progress made={standing} />;
    case "waiting":
      return <small>{t("waiting")}</small>;
    case "failed":
      return <small role="alert">{t("failed")}</small>;
    case "done":
      return (
        <small className="num" title={standing.sha256}>
          {clockText(standing.duration_ms)} · {bytesText(standing.bytes, locale)}
        </small>
      );
    default:
      return <small>{t("text")}</small>;
  }
}

function Progress({ made }: { made: Composition }) {
  const t = useMessages(videoTexts);
  const said = t("working", { n: Math.round(made.progress * 100) });
  return (
    <>
      <small className="num">{said}</small>
      <progress aria-label={said} max={1} value={made.progress} />
    </>
  );
}

interface ActionProps extends Pick<OneVideoProps, "number" | "grant"> {
  readonly video: Video;
}

function Action({ video, number, grant }: ActionProps) {
  const t = useMessages(videoTexts);
  const [isBusy, setBusy] = useState(false);
  const state =
    video.standing === null || video.standing === "none" ? "none" : video.standing.state;
  if (state === "working" || state === "waiting") {
    return (
      <IconButton label={t("cancel")} onClick={video.cancel}>
        <X size={16} />
      </IconButton>
    );
  }
  if (state !== "done") {
    return (
      <Button size="small" onClick={video.make}>
        <Clapperboard size={14} aria-hidden /> {t(state === "failed" ? "again" : "make")}
      </Button>
    );
  }
  const download = async (made: Composition) => {
    setBusy(true);
    await grant(made.id)
      .then((url) => save(url, `${number}.mp4`))
      .catch(() => toast({ text: t("download_failed"), tone: "negative" }));
    setBusy(false);
  };
  return (
    <IconButton
      label={t("download")}
      disabled={isBusy}
      onClick={() => void download(video.standing as Composition)}
    >
      <Download size={16} />
    </IconButton>
  );
}
