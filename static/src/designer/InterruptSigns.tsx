/** Small signs on the border of a card: an interruption leads here (above), or watches this step alone (below). */

import {
  CloudOff,
  HeadphoneOff,
  type LucideIcon,
  SignalLow,
  Timer,
  UserCog,
  UserX,
} from "lucide-react";
import { type Boundary, findNode, type LocalText } from "../flow/model";
import { useLocalText } from "../i18n/locale";
import { type Translate, useMessages } from "../i18n/messages";
import { titleOf } from "./derive";
import { useDocument } from "./store";
import { texts } from "./texts";
import type { en } from "./texts_en";

const ICONS: Readonly<Record<string, LucideIcon>> = {
  customer_drop: UserX,
  agent_drop: HeadphoneOff,
  weak_network: SignalLow,
  timeout: Timer,
  provider_error: CloudOff,
  supervisor: UserCog,
};

export function InterruptIcon({ on, size }: { readonly on: string; readonly size: number }) {
  const Icon = ICONS[on] ?? CloudOff;
  return <Icon size={size} aria-hidden />;
}

interface InterruptSignsProps {
  readonly side: "to" | "from";
  readonly boundaries: readonly Boundary[];
}

export function InterruptSigns({ side, boundaries }: InterruptSignsProps) {
  const say = useInterruptionWords();
  if (boundaries.length === 0) return null;
  return (
    <ul className="interrupt-signs" data-side={side}>
      {boundaries.map((one) => (
        <li key={`${one.on} ${one.scope}`} title={say(one)}>
          <InterruptIcon on={one.on} size={10} />
          <span className="visually-hidden">{say(one)}</span>
        </li>
      ))}
    </ul>
  );
}

/** One sentence: when, for how long, where, and what comes next. */
export function useInterruptionWords(): (boundary: Boundary) => string {
  const t = useMessages(texts);
  const text = useLocalText();
  const components = useDocument((document) => document.components);
  const graph = useDocument((document) => document.history.now.graph);
  const title = (id: string | null): LocalText => {
    const node = findNode(graph, id);
    return node ? titleOf(node, components) : {};
  };
  return ({ on, scope, after_s, to }) =>
    t("interruption_said", {
      kind: t(kindKey(on)),
      wait: after_s > 0 ? t("interruption_wait", { n: after_s }) : "",
      where: scope === null ? t("whole_flow") : text(title(scope)),
      to: text(title(to)),
    });
}

type Key = Parameters<Translate<keyof typeof en>>[0];

export function kindKey(on: string): Key {
  return on in ICONS ? (`on_${on}` as Key) : "on_other";
}
