/** Language and size of text as two small switches. */

import { LOCALES, useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { chooseLocale, useTextSize } from "./settings";
import { texts } from "./texts";

const SHORT = { en: "English", "zh-Hans": "中文" } as const;

export function LanguageChoice() {
  const t = useMessages(texts);
  const locale = useLocale();
  return (
    <fieldset className="join-seg" aria-label={t("language")}>
      {LOCALES.map((one) => (
        <button
          key={one}
          type="button"
          lang={one}
          aria-pressed={one === locale}
          onClick={() => chooseLocale(one)}
        >
          {SHORT[one]}
        </button>
      ))}
    </fieldset>
  );
}

export function SizeChoice() {
  const t = useMessages(texts);
  const [size, choose] = useTextSize();
  return (
    <fieldset className="join-seg join-seg-size" aria-label={t("text_size")}>
      {(["normal", "large"] as const).map((one) => (
        <button
          key={one}
          type="button"
          data-size={one}
          aria-label={t(one === "normal" ? "text_normal" : "text_large")}
          aria-pressed={one === size}
          onClick={() => choose(one)}
        >
          A
        </button>
      ))}
    </fieldset>
  );
}
