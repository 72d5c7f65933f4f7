/** The typing in a form as its panel shows it. */

import { useEffect, useState } from "react";
import type { Locale } from "../../i18n/locale";
import { useStore } from "../../media/useStore";
import type { FormData } from "../contracts";
import { refusalText } from "../kit";
import type { Act } from "../panel";
import type { Entries } from "./draft";
import { hold, type Typing, typingOf } from "./typing";

export interface ShownTyping {
  readonly typing: Typing;
  readonly entries: Entries;
  readonly refusal: (locale: Locale) => string;
}

export function useTyping(activity: string, data: FormData, act: Act): ShownTyping {
  const [typing] = useState(() => typingOf(activity));
  const entries = useStore(typing);
  useEffect(() => typing.hear(data.fields, act), [typing, data, act]);
  useEffect(() => hold(activity, typing), [typing, activity]);
  const refusal = Object.values(entries).find((one) => one.refusal !== null)?.refusal;
  return { typing, entries, refusal: (locale) => (refusal ? refusalText(refusal, locale) : "") };
}
