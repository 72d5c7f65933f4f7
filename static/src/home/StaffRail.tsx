/** The rail of the staff pages: the places this person may open, theme, language and the way out. */

import {
  Headset,
  House,
  Languages,
  LogOut,
  Moon,
  PlaySquare,
  SlidersHorizontal,
  Sun,
  Workflow,
} from "lucide-react";
import { type ReactNode, useSyncExternalStore } from "react";
import { useLocale } from "../i18n/locale";
import { defineMessages, useMessages } from "../i18n/messages";
import { chooseTheme, onTheme, shownTheme } from "../theme/theme";
import { Menu } from "../ui/Menu";
import { Rail } from "../ui/Rail";
import { chooseLanguage, type Me, signOut } from "./me";

const texts = defineMessages(
  {
    places: "Places",
    brand: "Counterflow, home",
    home: "Home",
    designer: "Designer",
    desk: "Desk",
    runs: "Runs",
    admin: "Administration",
    dark: "Dark colours",
    light: "Light colours",
    language: "中文",
    account: "{name}: account",
    sign_out: "Sign out",
  },
  {
    places: "页面",
    brand: "Counterflow 首页",
    home: "首页",
    designer: "设计器",
    desk: "坐席台",
    runs: "办理记录",
    admin: "系统管理",
    dark: "深色",
    light: "浅色",
    language: "English",
    account: "{name}：账号",
    sign_out: "退出登录",
  },
);

const PLACES = [
  { page: "designer", href: "/designer/", icon: <Workflow size={18} aria-hidden /> },
  { page: "desk", href: "/desk/", icon: <Headset size={18} aria-hidden /> },
  { page: "runs", href: "/runs/", icon: <PlaySquare size={18} aria-hidden /> },
  { page: "admin", href: "/admin/", icon: <SlidersHorizontal size={18} aria-hidden /> },
] as const;

export interface StaffRailProps {
  readonly me: Me;
  readonly current: string;
  /** A small mark on the person's picture, such as the presence of an agent. */
  readonly mark?: ReactNode;
}

export function StaffRail({ me, current, mark }: StaffRailProps) {
  const t = useMessages(texts);
  const locale = useLocale();
  const theme = useSyncExternalStore(onTheme, shownTheme);
  const other = theme === "dark" ? "light" : "dark";
  const places = PLACES.filter((place) => me.pages.includes(place.page) || place.href === current);
  return (
    <Rail
      label={t("places")}
      brandLabel={t("brand")}
      current={current}
      places={[
        { href: "/", label: t("home"), icon: <House size={18} aria-hidden /> },
        ...places.map((place) => ({ href: place.href, label: t(place.page), icon: place.icon })),
      ]}
    >
      <button
        type="button"
        aria-label={t(other)}
        title={t(other)}
        onClick={() => chooseTheme(other)}
      >
        {theme === "dark" ? <Sun size={18} aria-hidden /> : <Moon size={18} aria-hidden />}
      </button>
      <button
        type="button"
        lang={locale === "en" ? "zh-Hans" : "en"}
        aria-label={t("language")}
        title={t("language")}
        onClick={() => chooseLanguage(locale === "en" ? "zh-Hans" : "en")}
      >
        <Languages size={18} aria-hidden />
      </button>
      <Account me={me} mark={mark} />
    </Rail>
  );
}

function Account({ me, mark }: { me: Me; mark: ReactNode }) {
  const t = useMessages(texts);
  const name = me.user.name || me.user.username;
  return (
    <Menu
      label={t("account", { name })}
      className="home-account"
      trigger={
        <>
          <span className="avatar" data-initials={shortName(name)} />
          {mark}
        </>
      }
      entries={[
        {
          id: "sign_out",
          label: t("sign_out"),
          icon: <LogOut size={15} aria-hidden />,
          onAction: () => void signOut(),
        },
      ]}
    />
  );
}

function shortName(name: string): string {
  const words = name.trim().split(/\s+/);
  if (/^\p{Script=Han}/u.test(name)) return [...name][0] ?? "";
  return `${words[0]?.[0] ?? ""}${words.length > 1 ? (words.at(-1)?.[0] ?? "") : ""}`.toUpperCase();
}
