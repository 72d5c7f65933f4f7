/** What the customer sees and what the agent sees, side by side, drawn by the panels that run live. */

import "../panels/panels.css";
import { Headphones, Maximize2, Smartphone } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";
import type { FlowNode } from "../flow/model";
import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { PanelView, panels, refuseToAct } from "../panels/index";
import { IconButton } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { outcomesOf, titleOf } from "./derive";
import { sampleOf } from "./samples";
import { useDocument } from "./store";
import { texts } from "./texts";

export function Preview({ node }: { readonly node: FlowNode }) {
  const t = useMessages(texts);
  const component = useDocument((document) => document.components.get(node.component));
  const [isLarge, setLarge] = useState(false);
  if (!component || Object.keys(component.panels).length === 0) return null;
  return (
    <section className="preview" aria-label={t("preview")}>
      <header>
        <h3>{t("preview")}</h3>
        <IconButton size="small" label={t("enlarge")} onClick={() => setLarge(true)}>
          <Maximize2 size={13} />
        </IconButton>
      </header>
      <Pair node={node} />
      {isLarge && (
        <Dialog
          title={t("preview")}
          closeLabel={t("close")}
          size="wide"
          onClose={() => setLarge(false)}
        >
          <div className="preview-large">
            <Pair node={node} />
          </div>
        </Dialog>
      )}
    </section>
  );
}

function Pair({ node }: { readonly node: FlowNode }) {
  const t = useMessages(texts);
  return (
    <div className="preview-pair">
      <figure>
        <div className="preview-phone">
          <div className="preview-glass" inert>
            <Screen node={node} viewer="customer" empty={t("customer_sees_call")} />
          </div>
        </div>
        <figcaption>
          <Smartphone size={13} aria-hidden />
          {t("customer")}
        </figcaption>
      </figure>
      <figure>
        <div className="preview-desk">
          <div className="preview-glass" inert>
            <Screen node={node} viewer="agent" empty={t("agent_sees_nothing")} />
          </div>
        </div>
        <figcaption>
          <Headphones size={13} aria-hidden />
          {t("agent")}
        </figcaption>
      </figure>
    </div>
  );
}

interface ScreenProps {
  readonly node: FlowNode;
  readonly viewer: "customer" | "agent";
  readonly empty: string;
}

function Screen({ node, viewer, empty }: ScreenProps): ReactNode {
  const locale = useLocale();
  const { components, verified } = useDocument();
  const component = components.get(node.component);
  const kind = component?.panels[viewer];
  const openedAt = useMemo(() => Date.now(), []);
  const data = kind ? sampleOf(kind, node.config, node.component, openedAt) : null;
  if (!kind || data === null) return <p className="preview-empty">{empty}</p>;
  const outcomes = outcomesOf(node, components, verified).map((one) => ({ ...one, target: null }));
  return (
    <PanelView
      kind={kind}
      panels={panels}
      activity={{
        id: `${node.id}.1`,
        title: titleOf(node, components),
        started_at_ms: openedAt,
        outcomes,
      }}
      data={data}
      act={refuseToAct}
      locale={locale}
      role={viewer}
      media={null}
      now={Date.now}
    />
  );
}
