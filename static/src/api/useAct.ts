/** One act at a time at the site: whether it goes on, and why it was refused, in the reader's language. */

import { useCallback, useState } from "react";
import { defineMessages, say } from "../i18n/messages";
import { ApiError } from "./http";

const texts = defineMessages(
  {
    unanswered: "The site did not answer. Try again; what was done already is not done twice.",
    refused: "This was refused.",
  },
  { unanswered: "服务器没有响应，请重试。已执行的操作不会重复执行。", refused: "操作被拒绝。" },
);

export interface Refused {
  /** "" while nothing was refused, or a field says it. */
  readonly refusal: string;
  /** JSON pointer of the field that is wrong -> what is wrong with it. */
  readonly faults: Readonly<Record<string, string>>;
}
const NOTHING: Refused = { refusal: "", faults: {} };

export interface Acting extends Refused {
  readonly busy: boolean;
  /** What `work` gives; null when it was refused, which is said by then. */
  readonly act: <T>(work: () => Promise<T>) => Promise<{ readonly value: T } | null>;
}

/** `fields`: those that can say themselves what is wrong with them. */
export function useAct(fields: readonly string[] = []): Acting {
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState(NOTHING);
  const known = fields.join(" ");
  const act = useCallback(
    async <T>(work: () => Promise<T>) => {
      setBusy(true);
      setRefused(NOTHING);
      try {
        return { value: await work() };
      } catch (error) {
        const isAnswer = error instanceof ApiError && error.status !== 0;
        const said = isAnswer ? error.message || say(texts, "refused") : say(texts, "unanswered");
        const field = isAnswer && error.field !== null ? error.field : "";
        const isKnown = field !== "" && known.split(" ").includes(field);
        setRefused(
          isKnown ? { refusal: "", faults: { [field]: said } } : { ...NOTHING, refusal: said },
        );
        return null;
      } finally {
        setBusy(false);
      }
    },
    [known],
  );
  return { busy, ...refused, act };
}
