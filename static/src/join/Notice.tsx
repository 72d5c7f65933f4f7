/** Plain pages for what cannot go on here: one sign, one title, what to do, at most one button. */

import {
  CirclePause,
  CloudOff,
  Globe,
  Link2Off,
  type LucideIcon,
  PhoneOff,
  ShieldAlert,
  SquareStack,
} from "lucide-react";
import { useMessages } from "../i18n/messages";
import { PanelButton, StepTitle, Working } from "../panels/kit";
import { type TextKey, texts } from "./texts";

export type NoticeKind =
  | "unusable"
  | "unreachable"
  | "stopped"
  | "other_tab"
  | "left"
  | "insecure"
  | "unsupported";

interface Words {
  readonly icon: LucideIcon;
  readonly title: TextKey;
  readonly text: TextKey;
  readonly steps: readonly TextKey[];
  readonly action: TextKey | null;
}

const WORDS: Readonly<Record<NoticeKind, Words>> = {
  unusable: {
    icon: Link2Off,
    title: "unusable",
    text: "unusable_text",
    steps: ["unusable_1", "unusable_2", "unusable_3"],
    action: null,
  },
  unreachable: {
    icon: CloudOff,
    title: "unreachable",
    text: "unreachable_text",
    steps: [],
    action: "try_now",
  },
  stopped: {
    icon: CirclePause,
    title: "stopped",
    text: "stopped_text",
    steps: [],
    action: "reload",
  },
  other_tab: {
    icon: SquareStack,
    title: "other_tab",
    text: "other_tab_text",
    steps: [],
    action: "use_here",
  },
  left: { icon: PhoneOff, title: "left", text: "left_text", steps: [], action: "come_back" },
  insecure: {
    icon: ShieldAlert,
    title: "insecure",
    text: "insecure_text",
    steps: ["insecure_1", "insecure_2", "insecure_3"],
    action: null,
  },
  unsupported: {
    icon: Globe,
    title: "unsupported",
    text: "unsupported_text",
    steps: ["unsupported_1", "unsupported_2", "unsupported_3", "unsupported_4"],
    action: null,
  },
};

export interface NoticeProps {
  readonly kind: NoticeKind;
  readonly onAct?: () => void;
}

export function Notice({ kind, onAct }: NoticeProps) {
  const t = useMessages(texts);
  const words = WORDS[kind];
  const Icon = words.icon;
  return (
    <div className="panel join-notice" data-finish="phone">
      <div className="p-body">
        <span className="join-sign" aria-hidden>
          <Icon size={28} />
        </span>
        <StepTitle>{t(words.title)}</StepTitle>
        <p className="join-lead">{t(words.text)}</p>
        {words.steps.length > 0 && (
          <ol className="p-card p-steps">
            {words.steps.map((step, n) => (
              <li className="p-row" key={step}>
                <span className="p-number">{n + 1}</span>
                <b>{t(step)}</b>
              </li>
            ))}
          </ol>
        )}
        {kind === "unreachable" && <Working>{t("trying")}</Working>}
      </div>
      {words.action !== null && onAct !== undefined && (
        <footer className="p-foot">
          <PanelButton kind="main" onPress={onAct}>
            {t(words.action)}
          </PanelButton>
        </footer>
      )}
    </div>
  );
}

/** While something is on its way: the shape of the page, and words. */
export function Opening({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <div className="panel join-opening" data-finish="phone" aria-busy>
      <div className="p-body">
        <div className="join-skeleton" data-kind="picture" />
        <StepTitle isFocused={false}>{title}</StepTitle>
        <Working>{text}</Working>
      </div>
    </div>
  );
}
