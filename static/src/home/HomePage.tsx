/** Where a person starts: what their roles let them do, and a link for a customer. */

import {
  ArrowRight,
  Braces,
  Headset,
  PlaySquare,
  ShieldQuestion,
  SlidersHorizontal,
  Workflow,
} from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useMessages } from "../i18n/messages";
import { Badge } from "../ui/Badge";
import { EmptyState } from "../ui/EmptyState";
import { Toasts } from "../ui/Toast";
import { InviteCard } from "./InviteCard";
import type { Me } from "./me";
import { StaffRail } from "./StaffRail";
import { homeTexts } from "./texts";

const PLACES = ["designer", "desk", "runs", "admin"] as const;
type Place = (typeof PLACES)[number] | "api";

const LOOKS: Readonly<Record<Place, { readonly href: string; readonly icon: ReactNode }>> = {
  designer: { href: "/designer/", icon: <Workflow size={22} aria-hidden /> },
  desk: { href: "/desk/", icon: <Headset size={22} aria-hidden /> },
  runs: { href: "/runs/", icon: <PlaySquare size={22} aria-hidden /> },
  admin: { href: "/admin/", icon: <SlidersHorizontal size={22} aria-hidden /> },
  api: { href: "/api/docs/", icon: <Braces size={22} aria-hidden /> },
};

const ROLES = ["admin", "analyst", "agent", "supervisor", "auditor"] as const;

export function HomePage({ me }: { me: Me }) {
  const t = useMessages(homeTexts);
  const places = PLACES.filter((place) => me.pages.includes(place));
  const mayConnect = me.roles.includes("admin") || me.roles.includes("analyst");
  useEffect(() => {
    document.title = `${t("title")} · Counterflow`;
  }, [t]);
  return (
    <div className="home">
      <StaffRail me={me} current="/" />
      <main>
        <Greeting me={me} />
        {places.length === 0 ? (
          <EmptyState
            icon={<ShieldQuestion size={28} aria-hidden />}
            title={t("nothing")}
            text={t("nothing_text")}
          />
        ) : (
          <div className="home-grid">
            {places.map((place) => (
              <PlaceCard key={place} place={place} />
            ))}
            <InviteCard />
            {mayConnect && <PlaceCard place="api" />}
          </div>
        )}
      </main>
      <Toasts />
    </div>
  );
}

function Greeting({ me }: { me: Me }) {
  const t = useMessages(homeTexts);
  const [hour] = useState(() => new Date().getHours());
  const time = hour < 12 ? "morning" : hour < 18 ? "afternoon" : "evening";
  const roles = ROLES.filter((role) => me.roles.includes(role));
  return (
    <header className="home-head">
      <h1>{t(time, { name: me.user.name || me.user.username })}</h1>
      {me.workspace && <p>{t("lead", { workspace: me.workspace.name })}</p>}
      <ul aria-label={t("roles")}>
        {roles.map((role) => (
          <li key={role}>
            <Badge>{t(`role_${role}`)}</Badge>
          </li>
        ))}
      </ul>
    </header>
  );
}

function PlaceCard({ place }: { place: Place }) {
  const t = useMessages(homeTexts);
  const { href, icon } = LOOKS[place];
  return (
    <a className="home-card" href={href} data-place={place}>
      <span className="home-icon">{icon}</span>
      <h2>{t(place)}</h2>
      <p>{t(`${place}_text`)}</p>
      <span className="home-go">
        {t(`${place}_go`)} <ArrowRight size={15} aria-hidden />
      </span>
    </a>
  );
}
