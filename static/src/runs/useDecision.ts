/** Taking one decision: once at a time, with an identity of its own, its refusal in the reader's language. */

import { useCallback, useRef, useState } from "react";
import { ApiError } from "../api/http";
import { useMessages } from "../i18n/messages";
import { toast } from "../ui/Toast";
import {
  type Decision,
  decide,
  type Finding,
  findingsOf,
  isUnanswered,
  type Wish,
} from "./decisions";
import { doneKey, standingTexts } from "./standing_texts";

export interface Deciding {
  readonly busy: boolean;
  /** Why it was refused, "" while it was not. */
  readonly refusal: string;
  readonly findings: readonly Finding[];
  /** True when the decision was taken. */
  readonly take: (wish?: Wish) => Promise<boolean>;
}

interface Refused {
  readonly refusal: string;
  readonly findings: readonly Finding[];
}
const NOTHING: Refused = { refusal: "", findings: [] };

export function useDecision(run: string, decision: Decision, onTaken: () => void): Deciding {
  const t = useMessages(standingTexts);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState(NOTHING);
  const id = useRef(crypto.randomUUID());
  const take = useCallback(
    async (wish: Wish = {}) => {
      setBusy(true);
      setRefused(NOTHING);
      const { decided, error } = await decide(run, decision, id.current, wish).then(
        (one) => ({ decided: one, error: null }),
        (one: unknown) => ({ decided: null, error: one }),
      );
      setBusy(false);
      // Without an answer the same decision is sent again; after one, the next is another.
      if (decided || !isUnanswered(error)) id.current = crypto.randomUUID();
      if (decided) {
        toast({ text: t(doneKey(decision, decided)) });
        onTaken();
        return true;
      }
      const said = error instanceof ApiError ? error.message : "";
      const refusal = isUnanswered(error) ? t("unanswered") : said || t("refused");
      setRefused({ refusal, findings: findingsOf(error) });
      return false;
    },
    [run, decision, onTaken, t],
  );
  return { busy, ...refused, take };
}
