/** Small labels: a badge says a word, a count says a number. Colour never stands alone. */

import type { ReactNode } from "react";

export type Tone = "neutral" | "positive" | "negative" | "warning" | "accent" | "line";

export function Badge({
  tone = "neutral",
  children,
}: {
  readonly tone?: Tone;
  readonly children: ReactNode;
}) {
  return (
    <span className="badge" data-tone={tone}>
      {children}
    </span>
  );
}

export function Count({ tone = "neutral", n }: { readonly tone?: Tone; readonly n: number }) {
  return (
    <span className="count" data-tone={tone}>
      {n}
    </span>
  );
}
