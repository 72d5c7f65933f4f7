/** The keyring: which key wraps how much, how far everything is wrapped by the current one, and a rotation. */

import { KeyRound, RefreshCw, TriangleAlert } from "lucide-react";
import { useEffect, useState } from "react";
import { useLoaded } from "../api/useLoaded";
import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { type Key, progressOf, type Ring, readRing } from "./keys";
import { Page, WhenReady } from "./Page";
import { RotateDialog } from "./RotateDialog";
import { adminTexts } from "./texts";

const EVERY_MS = 2_000;

export function KeysPage() {
  const t = useMessages(adminTexts);
  const { loaded, reload } = useLoaded(readRing);
  const [isOpen, setOpen] = useState(false);
  const ring = loaded.state === "ready" ? loaded.value : null;
  useEffect(() => {
    if (!ring?.under_way) return undefined;
    const timer = window.setTimeout(reload, EVERY_MS);
    return () => window.clearTimeout(timer);
  }, [ring, reload]);
  return (
    <Page
      place="keys"
      action={
        ring && (
          <Button
            kind="primary"
            icon={<RefreshCw size={15} aria-hidden />}
            disabled={ring.under_way}
            onClick={() => setOpen(true)}
          >
            {t(ring.adds_keys ? "rotate" : "rewrap")}
          </Button>
        )
      }
    >
      <WhenReady loaded={loaded} reload={reload}>
        {(known) => (
          <>
            <Standing ring={known} />
            <Keys ring={known} />
            <p className="admin-foot">
              {t(`ring_${known.kind}`)} {t("retire")}
            </p>
          </>
        )}
      </WhenReady>
      {isOpen && ring && (
        <RotateDialog addsKeys={ring.adds_keys} onClose={() => setOpen(false)} onBegun={reload} />
      )}
    </Page>
  );
}

function Standing({ ring }: { readonly ring: Ring }) {
  const t = useMessages(adminTexts);
  const locale = useLocale();
  const { all, left, share } = progressOf(ring);
  const percent = new Intl.NumberFormat(locale, { style: "percent" }).format(
    Math.floor(share * 100) / 100,
  );
  const title = ring.under_way ? t("under_way") : all === 0 ? t("nothing_yet") : t("all_now");
  return (
    <section className="admin-panel keys-standing" data-done={left === 0 ? "" : undefined}>
      <span className="connection-icon">
        <KeyRound size={18} aria-hidden />
      </span>
      <div role="status">
        <h2>{left > 0 && !ring.under_way ? t("left", { n: left }) : title}</h2>
        {all > 0 && (
          <>
            <progress max={1} value={share} aria-label={t("share", { percent })} />
            <p>{t("share", { percent })}</p>
          </>
        )}
      </div>
    </section>
  );
}

function Keys({ ring }: { readonly ring: Ring }) {
  const t = useMessages(adminTexts);
  const locale = useLocale();
  const number = (n: number) => n.toLocaleString(locale);
  const missing = ring.keys.some((key) => key.missing);
  return (
    <div className="admin-panel">
      <table className="keys-table">
        <thead>
          <tr>
            <th scope="col">{t("col_key")}</th>
            <th scope="col" className="num">
              {t("col_runs")}
            </th>
            <th scope="col" className="num">
              {t("col_secrets")}
            </th>
          </tr>
        </thead>
        <tbody>
          {ring.keys.map((key) => (
            <tr key={key.id}>
              <th scope="row">
                <span className="mono">{key.id}</span> <State of={key} />
              </th>
              <td className="num">{number(key.runs)}</td>
              <td className="num">{number(key.connections)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {missing && (
        <p className="note" data-tone="negative">
          <TriangleAlert size={15} aria-hidden />
          <span>{t("key_missing_text")}</span>
        </p>
      )}
    </div>
  );
}

function State({ of }: { readonly of: Key }) {
  const t = useMessages(adminTexts);
  if (of.missing) return <Badge tone="negative">{t("key_missing")}</Badge>;
  return of.active ? <Badge tone="positive">{t("key_now")}</Badge> : <Badge>{t("key_old")}</Badge>;
}
