/** Makes a join link for a customer: address, code for a phone camera, how long it lives. */

import { Check, Copy, ExternalLink, Link2, RefreshCw } from "lucide-react";
import { useEffect, useState } from "react";
import { ApiError, http } from "../api/http";
import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { Skeleton } from "../ui/Skeleton";
import { toast } from "../ui/Toast";
import { homeTexts } from "./texts";

interface Flow {
  readonly id: string;
  readonly name: string;
  readonly versions: readonly { readonly number: number }[];
}

interface Link {
  readonly url: string;
  readonly qr_svg: string;
  readonly expires_at: string;
  readonly max_uses: number;
}

type Flows = readonly Flow[] | "loading" | "not_mine";

export function InviteCard() {
  const t = useMessages(homeTexts);
  const flows = useFlows();
  const [link, setLink] = useState<Link | null>(null);
  if (flows === "not_mine") return null;
  return (
    <section className="home-card home-invite" aria-busy={flows === "loading"}>
      <span className="home-icon">
        <Link2 size={22} aria-hidden />
      </span>
      <h2>{t("link_title")}</h2>
      {link === null && <p>{t("link_text")}</p>}
      {flows === "loading" && <Skeleton height={38} />}
      {flows !== "loading" && link === null && <Maker flows={flows} onLink={setLink} />}
      {link && <Made link={link} again={() => setLink(null)} />}
    </section>
  );
}

/** Published flows; a person who may not see flows is not shown the card at all. */
function useFlows(): Flows {
  const [flows, setFlows] = useState<Flows>("loading");
  useEffect(() => {
    const stop = new AbortController();
    http
      .get<readonly Flow[]>("flows", { signal: stop.signal })
      .then((all) => setFlows(all.filter((flow) => flow.versions.length > 0)))
      .catch(() => !stop.signal.aborted && setFlows("not_mine"));
    return () => stop.abort();
  }, []);
  return flows;
}

interface MakerProps {
  readonly flows: readonly Flow[];
  readonly onLink: (link: Link) => void;
}

function Maker({ flows, onLink }: MakerProps) {
  const t = useMessages(homeTexts);
  const [chosen, setChosen] = useState(flows[0]?.id ?? "");
  const [busy, setBusy] = useState(false);
  if (flows.length === 0) return <p>{t("link_none")}</p>;
  const make = async () => {
    setBusy(true);
    try {
      onLink(await http.post<Link>(`flows/${chosen}/links`));
    } catch (error) {
      const said = error instanceof ApiError ? error.message : "";
      toast({ text: said || t("failed_text"), tone: "negative" });
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Field label={t("link_flow")}>
        {(control) => (
          <select
            {...control}
            className="input"
            value={chosen}
            onChange={(event) => setChosen(event.currentTarget.value)}
          >
            {flows.map((flow) => (
              <option key={flow.id} value={flow.id}>
                {flow.name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Button kind="primary" size="large" disabled={busy} onClick={() => void make()}>
        {t(busy ? "link_making" : "link_make")}
      </Button>
    </>
  );
}

function Made({ link, again }: { link: Link; again: () => void }) {
  const t = useMessages(homeTexts);
  const locale = useLocale();
  const [copied, setCopied] = useState(false);
  const expires = new Date(link.expires_at);
  const copy = async () => {
    await navigator.clipboard.writeText(link.url);
    setCopied(true);
  };
  return (
    <div className="home-link">
      <img
        className="home-qr"
        src={`data:image/svg+xml;utf8,${encodeURIComponent(link.qr_svg)}`}
        alt={t("link_qr")}
        width="128"
        height="128"
      />
      <div>
        <input
          className="input mono"
          readOnly
          aria-label={t("link_title")}
          value={link.url}
          onFocus={(event) => event.currentTarget.select()}
        />
        <p>
          {t("link_expires", {
            time: expires.toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" }),
          })}
          {" · "}
          {t("link_uses", { n: link.max_uses })}
        </p>
        <div className="home-link-do">
          <Button
            icon={copied ? <Check size={15} aria-hidden /> : <Copy size={15} aria-hidden />}
            onClick={() => void copy()}
          >
            {t(copied ? "link_copied" : "link_copy")}
          </Button>
          <a className="btn" href={link.url} target="_blank" rel="noreferrer">
            <ExternalLink size={15} aria-hidden /> {t("link_open")}
          </a>
          <Button kind="ghost" icon={<RefreshCw size={15} aria-hidden />} onClick={again}>
            {t("link_again")}
          </Button>
        </div>
      </div>
    </div>
  );
}
