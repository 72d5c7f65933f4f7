/** The frame of the customer's pages: the bank's mark, language and help on top, the page below. */

import { CircleHelp, Globe } from "lucide-react";
import { type ReactNode, useState } from "react";
import { type Locale, useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { HelpDialog } from "./HelpDialog";
import { chooseLocale } from "./settings";
import { texts } from "./texts";

export interface ShellProps {
  readonly name: string;
  readonly number?: string;
  readonly children: ReactNode;
}

export function Mark({ size = 26 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 28 28" aria-hidden>
      <rect width="28" height="28" rx="8" fill="var(--brand)" />
      <path
        d="M5.5 11.8c2.8-2.5 5.3-2.5 8.5 0s5.7 2.5 8.500 0M5.5 17.300c2.800-2.500 5.300-2.500 8.500 0s5.700 2.500 8.500 0"
        fill="none"
        stroke="var(--on-brand)"
        strokeWidth="2.3"
        strokeLinecap="round"
      />
    </svg>
  );
}

export const otherLocale = (locale: Locale): Locale => (locale === "en" ? "zh-Hans" : "en");

export function Shell({ name, number, children }: ShellProps) {
  const t = useMessages(texts);
  const locale = useLocale();
  const [isHelping, setHelping] = useState(false);
  const other = otherLocale(locale);
  return (
    <div className="join-page">
      <header className="join-bar">
        <span className="join-brand">
          <Mark />
          <span>{name || t("video_counter")}</span>
        </span>
        <span className="join-bar-tools">
          <button
            type="button"
            className="join-tool"
            lang={other}
            aria-label={other === "en" ? "English" : "简体中文"}
            onClick={() => chooseLocale(other)}
          >
            <Globe size={20} aria-hidden />
          </button>
          <button
            type="button"
            className="join-tool"
            aria-label={t("help")}
            onClick={() => setHelping(true)}
          >
            <CircleHelp size={20} aria-hidden />
          </button>
        </span>
      </header>
      <main className="join-main">{children}</main>
      {isHelping && <HelpDialog number={number ?? ""} onClose={() => setHelping(false)} />}
    </div>
  );
}
