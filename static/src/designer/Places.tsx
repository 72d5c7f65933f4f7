/** The rail with the places this person may go to, their language, theme and name. */

import { CirclePlay, Headphones, House, Languages, Moon, Sun, Waypoints } from "lucide-react";
import { useState } from "react";
import { pageData } from "../api/http";
import { LOCALES, setLocale, useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { chooseTheme, currentTheme } from "../theme/theme";
import { Rail } from "../ui/Rail";
import { api, type Me } from "./data";
import { texts } from "./texts";

const ICONS = { designer: Waypoints, desk: Headphones, runs: CirclePlay, home: House } as const;
type Place = keyof typeof ICONS;
const HREF: Readonly<Record<Place, string>> = {
  home: "/",
  designer: "/designer/",
  desk: "/desk/",
  runs: "/runs/",
};

export function Places() {
  const t = useMessages(texts);
  const { me } = pageData<{ readonly me: Me }>();
  const allowed = me?.pages ?? ["designer"];
  const places = (Object.keys(ICONS) as Place[])
    .filter((place) => place === "designer" || allowed.some((page) => page.includes(place)))
    .map((place) => {
      const Icon = ICONS[place];
      return {
        href: HREF[place],
        label: t(`place_${place}`),
        icon: <Icon size={18} strokeWidth={1.6} />,
      };
    });
  return (
    <Rail
      label={t("places")}
      brandLabel={t("place_home")}
      places={places.filter((place) => place.href !== "/")}
      current="/designer/"
    >
      <LanguageButton />
      <ThemeButton />
      {me?.user && (
        <span className="avatar" title={me.user.name}>
          {initials(me.user.name || me.user.username)}
        </span>
      )}
    </Rail>
  );
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  return (words.length > 1 ? words.map((word) => word[0]).join("") : name)
    .slice(0, 2)
    .toUpperCase();
}

function LanguageButton() {
  const t = useMessages(texts);
  const locale = useLocale();
  const next = LOCALES.find((one) => one !== locale) ?? "en";
  const change = () => {
    setLocale(next);
    // The page has changed already; that the server remembers it is a convenience for the next visit.
    api.setLocale(next).catch(() => undefined);
  };
  return (
    <button
      type="button"
      aria-label={t("change_language")}
      title={t("change_language")}
      onClick={change}
    >
      <Languages size={18} strokeWidth={1.6} />
    </button>
  );
}

function ThemeButton() {
  const t = useMessages(texts);
  const [theme, setTheme] = useState(currentTheme);
  const next = theme === "dark" ? "light" : "dark";
  const change = () => {
    chooseTheme(next);
    setTheme(next);
  };
  return (
    <button type="button" aria-label={t("change_theme")} title={t("change_theme")} onClick={change}>
      {theme === "dark" ? (
        <Sun size={18} strokeWidth={1.6} />
      ) : (
        <Moon size={18} strokeWidth={1.6} />
      )}
    </button>
  );
}
