/** Shows one panel in its finish. A panel that fails must not take the call down with it. */

import { Component, type ReactNode } from "react";
import type { Locale } from "../i18n/locale";
import { defineMessages, translate } from "../i18n/messages";
import type { Panel, PanelProps } from "./panel";

const texts = defineMessages(
  { unknown: "This step cannot be shown here", unknown_text: "The call goes on. Please say so." },
  { unknown: "此步骤无法在此显示", unknown_text: "通话不受影响，请告知对方。" },
);

export interface PanelViewProps extends PanelProps {
  /** `View.activities[].panel`. */
  readonly kind: string;
  readonly panels: Readonly<Record<string, Panel>>;
}

export function PanelView({ kind, panels, ...props }: PanelViewProps) {
  const Shown = panels[kind];
  const missing = <Missing locale={props.locale} />;
  return (
    <div className="panel" data-finish={props.role === "customer" ? "phone" : "desk"}>
      <Fence key={props.activity.id + kind} instead={missing}>
        {Shown ? <Shown {...props} /> : missing}
      </Fence>
    </div>
  );
}

function Missing({ locale }: { readonly locale: Locale }) {
  const t = translate(texts, locale);
  return (
    <div className="p-sheet-body" role="alert">
      <h2 className="p-title">{t("unknown")}</h2>
      <p className="p-soft">{t("unknown_text")}</p>
    </div>
  );
}

interface FenceProps {
  readonly instead: ReactNode;
  readonly children: ReactNode;
}

class Fence extends Component<FenceProps, { readonly hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render() {
    return this.state.hasFailed ? this.props.instead : this.props.children;
  }
}
