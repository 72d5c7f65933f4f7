/** The frame of the administrator's pages: which there are, what this one is for, and how its parts are loaded. */

import { KeyRound, Plug, Server } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import type { Loaded } from "../api/useLoaded";
import { useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Skeleton } from "../ui/Skeleton";
import { adminTexts } from "./texts";

const PLACES = [
  { id: "connections", href: "/admin/connections", icon: <Plug size={15} aria-hidden /> },
  { id: "keys", href: "/admin/keys", icon: <KeyRound size={15} aria-hidden /> },
  { id: "workers", href: "/admin/workers", icon: <Server size={15} aria-hidden /> },
] as const;

export interface PageProps {
  readonly place: (typeof PLACES)[number]["id"];
  /** Stands beside the title. */
  readonly action: ReactNode;
  readonly children: ReactNode;
}

export function Page({ place, action, children }: PageProps) {
  const t = useMessages(adminTexts);
  useEffect(() => {
    document.title = `${t(place)} · Counterflow`;
  }, [t, place]);
  return (
    <main className="admin-main">
      <nav className="admin-places" aria-label={t("places")}>
        {PLACES.map(({ id, href, icon }) => (
          <a key={id} href={href} aria-current={id === place ? "page" : undefined}>
            {icon}
            {t(id)}
          </a>
        ))}
      </nav>
      <header className="admin-head">
        <div>
          <h1>{t(place)}</h1>
          <p>{t(`${place}_lead`)}</p>
        </div>
        {action}
      </header>
      {children}
    </main>
  );
}

export interface WhenReadyProps<T> {
  readonly loaded: Loaded<T>;
  readonly reload: () => void;
  readonly children: (value: T) => ReactNode;
}

export function WhenReady<T>({ loaded, reload, children }: WhenReadyProps<T>) {
  const t = useMessages(adminTexts);
  if (loaded.state === "ready") return children(loaded.value);
  if (loaded.state === "failed") {
    return (
      <EmptyState title={t("failed")} text={t("failed_text")}>
        <Button kind="primary" onClick={reload}>
          {t("retry")}
        </Button>
      </EmptyState>
    );
  }
  return (
    <div className="admin-panel admin-loading" aria-busy="true">
      <p className="visually-hidden" role="status">
        {t("loading")}
      </p>
      {["a", "b", "c"].map((row) => (
        <Skeleton key={row} height={44} />
      ))}
    </div>
  );
}
