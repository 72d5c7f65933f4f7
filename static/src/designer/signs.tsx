/** The small shapes of the canvas: ports by polarity, signs an edge rests as. Shape and label carry the meaning, colour repeats it. */

import { Check, Clock, CornerUpLeft, RotateCw, X } from "lucide-react";
import type { Sign } from "../flow/analysis";
import type { Polarity } from "../flow/model";

export function PortShape({ polarity }: { readonly polarity: Polarity }) {
  return (
    <svg
      className="port-shape"
      data-polarity={polarity}
      width="14"
      height="14"
      viewBox="-7 -7 14 14"
      aria-hidden
    >
      {polarity === "positive" && <circle r="4.5" />}
      {polarity === "neutral" && <rect x="-4" y="-4" width="8" height="8" rx="1" />}
      {polarity === "negative" && <path d="M-5.2 -4 L5.2 -4 L0 5 Z" strokeLinejoin="round" />}
    </svg>
  );
}

export function SignIcon({ sign }: { readonly sign: Sign }) {
  const look = { size: 9, strokeWidth: 2.6, "aria-hidden": true } as const;
  switch (sign) {
    case "success":
      return <Check {...look} />;
    case "reject":
    case "abort":
      return <X {...look} />;
    case "defer":
      return <Clock {...look} />;
    case "retry":
      return <RotateCw {...look} />;
    case "back":
      return <CornerUpLeft {...look} />;
    default:
      return neverSign(sign);
  }
}

function neverSign(sign: never): never {
  throw new Error(`unknown sign ${String(sign)}`);
}
