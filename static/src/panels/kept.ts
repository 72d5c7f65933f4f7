/** What a person typed and has not sent outlives its panel: a pause or a lost line may take that away for a while. */

import { useState } from "react";

const kept = new Map<string, string>();

/** Like `useState("")`, and the text is there again under the same `key`; an empty text is forgotten. */
export function useKept(key: string): readonly [string, (text: string) => void] {
  const [text, setText] = useState(() => kept.get(key) ?? "");
  const keep = (next: string) => {
    if (next === "") kept.delete(key);
    else kept.set(key, next);
    setText(next);
  };
  return [text, keep];
}
