/** A join link for a published version: QR to hold a phone against, address to copy. Shown once, kept nowhere. */

import { Check, CircleAlert, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { ApiError } from "../api/http";
import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Skeleton } from "../ui/Skeleton";
import { api, type Link } from "./data";
import { useDocument } from "./store";
import { texts } from "./texts";
import { look } from "./view";

export function LinkDialog() {
  const t = useMessages(texts);
  const close = () => look({ dialog: null });
  const latest = useDocument(
    (document) => document.flow?.versions.reduce((most, one) => Math.max(most, one.number), 0) ?? 0,
  );
  return (
    <Dialog
      title={t("link_title", { version: latest })}
      closeLabel={t("close")}
      onClose={close}
      footer={<Button onClick={close}>{t("done")}</Button>}
    >
      <LinkCard version={latest} />
    </Dialog>
  );
}

export function LinkCard({ version }: { readonly version: number }) {
  const t = useMessages(texts);
  const locale = useLocale();
  const { link, problem, renew } = useLink(version);
  if (problem) {
    return (
      <div className="note" data-tone="negative" role="alert">
        <CircleAlert size={15} aria-hidden />
        <span>{problem}</span>
        <Button size="small" onClick={renew}>
          {t("try_again")}
        </Button>
      </div>
    );
  }
  if (!link) return <Skeleton height={176} />;
  const until = new Date(link.expires_at).toLocaleString(locale, {
    dateStyle: "medium",
    timeStyle: "short",
  });
  return (
    <div className="link-card">
      <Qr svg={link.qr_svg} label={t("link_qr")} />
      <div className="link-side">
        <label className="field-label" htmlFor="join-link">
          {t("join_link")}
        </label>
        <input
          id="join-link"
          className="input mono"
          readOnly
          value={link.url}
          onFocus={(event) => event.currentTarget.select()}
        />
        <div className="button-row">
          <CopyButton text={link.url} />
          <Button onClick={renew}>{t("link_new")}</Button>
        </div>
        <p className="faint">
          {t("link_until", { when: until })} {t("link_uses", { n: link.max_uses })}
        </p>
      </div>
    </div>
  );
}

function useLink(version: number) {
  const t = useMessages(texts);
  const flow = useDocument((document) => document.flow?.id);
  const [link, setLink] = useState<Link | null>(null);
  const [problem, setProblem] = useState("");
  const [asked, setAsked] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `asked` is what asks again
  useEffect(() => {
    let isWanted = true;
    if (!flow) return;
    api
      .link(flow, version)
      .then((made) => isWanted && setLink(made))
      .catch(
        (error: unknown) =>
          isWanted && setProblem((error instanceof ApiError && error.message) || t("link_failed")),
      );
    return () => {
      isWanted = false;
    };
  }, [flow, version, asked]);
  const renew = () => {
    setLink(null);
    setProblem("");
    setAsked(asked + 1);
  };
  return { link, problem, renew };
}

/** As a picture, so nothing in it can act. */
function Qr({ svg, label }: { readonly svg: string; readonly label: string }) {
  return (
    <img
      className="qr"
      alt={label}
      src={`data:image/svg+xml;utf8,${encodeURIComponent(svg)}`}
      width={176}
      height={176}
    />
  );
}

function CopyButton({ text }: { readonly text: string }) {
  const t = useMessages(texts);
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      document.querySelector<HTMLInputElement>("#join-link")?.select();
    }
  };
  return (
    <Button
      kind="primary"
      icon={isCopied ? <Check size={15} /> : <Copy size={15} />}
      onClick={() => void copy()}
    >
      {isCopied ? t("copied") : t("copy")}
    </Button>
  );
}
