/** The desk's whole-screen and strip messages: loading, ended, elsewhere, reconnecting. */

import { LayoutGrid, LogIn, RefreshCw, ShieldOff, WifiOff } from "lucide-react";
import type { ReactNode } from "react";
import type { EndedWhy } from "../api/socket";
import { loginAddress } from "../home/me";
import { useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { Skeleton } from "../ui/Skeleton";
import { Bubble } from "./IdlePage";
import { deskTexts } from "./texts";

export interface NoticeProps {
  readonly tone: "accent" | "negative" | "positive" | "neutral" | "warning";
  readonly icon: ReactNode;
  readonly title: string;
  readonly text: string;
  readonly children?: ReactNode;
}

export function Notice({ tone, icon, title, text, children }: NoticeProps) {
  return (
    <section className="desk-notice" role="status">
      <Bubble tone={tone}>{icon}</Bubble>
      <h2>{title}</h2>
      <p>{text}</p>
      <div className="desk-notice-do">{children}</div>
    </section>
  );
}

export function ConnectionEnded({ why, useHere }: { why: EndedWhy; useHere: () => void }) {
  const t = useMessages(deskTexts);
  return (
    <main className="desk-main desk-centre">
      {why === "other_tab" && (
        <Notice
          tone="accent"
          icon={<LayoutGrid size={26} />}
          title={t("elsewhere")}
          text={t("elsewhere_text")}
        >
          <Button kind="primary" size="large" onClick={useHere}>
            {t("use_here")}
          </Button>
        </Notice>
      )}
      {why === "signed_out" && (
        <Notice
          tone="neutral"
          icon={<LogIn size={26} />}
          title={t("signed_out")}
          text={t("signed_out_text")}
        >
          <a className="btn" data-kind="primary" data-size="large" href={loginAddress()}>
            {t("sign_in")}
          </a>
        </Notice>
      )}
      {why === "forbidden" && (
        <Notice
          tone="negative"
          icon={<ShieldOff size={26} />}
          title={t("not_yours")}
          text={t("not_yours_text")}
        />
      )}
      {!["other_tab", "signed_out", "forbidden"].includes(why) && (
        <Notice
          tone="warning"
          icon={<RefreshCw size={26} />}
          title={t("stopped")}
          text={t("stopped_text", { code: why })}
        >
          <Button kind="primary" size="large" onClick={() => location.reload()}>
            {t("reload")}
          </Button>
        </Notice>
      )}
    </main>
  );
}

export function ConnectionStrip() {
  const t = useMessages(deskTexts);
  return (
    <div className="desk-strip" role="status">
      <WifiOff size={16} aria-hidden />
      <b>{t("connection_lost")}</b>
      <span>{t("connection_lost_text")}</span>
    </div>
  );
}

export function DeskLoading() {
  const t = useMessages(deskTexts);
  return (
    <main className="desk-main" aria-busy="true">
      <div className="desk-idle">
        <Skeleton height={80} />
        <Skeleton height={280} />
        <p className="desk-joining" role="status">
          <RefreshCw size={16} aria-hidden /> <b>{t("loading")}</b>
          <span>{t("joining_usual")}</span>
        </p>
      </div>
    </main>
  );
}

/** Shown in a call's place until its first view has come. */
export function CallLoading() {
  const t = useMessages(deskTexts);
  return (
    <div className="call-loading" aria-busy="true">
      <div className="call-loading-card">
        <Skeleton width={130} height={18} />
        <Skeleton height={150} />
        <Skeleton width="92%" height={14} />
        <Skeleton width="78%" height={14} />
        <p className="desk-joining" role="status">
          <RefreshCw size={16} aria-hidden /> <b>{t("joining")}</b>
          <span>{t("joining_usual")}</span>
        </p>
      </div>
    </div>
  );
}
