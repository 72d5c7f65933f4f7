/** The media of the call: of the whole flow, and what a step changes from its beginning on. */

import { ChevronRight } from "lucide-react";
import { type ReactNode, useState } from "react";
import { mediaOf, USUAL_MEDIA, unlike } from "../flow/media";
import type { FlowNode, Json, JsonObject } from "../flow/model";
import { useMessages } from "../i18n/messages";
import { ConfigForm } from "./ConfigForm";
import type { Finding } from "./data";
import { FLOW_MEDIA, FLOW_PLACES, STEP_MEDIA } from "./media_schema";
import { perform, useDocument } from "./store";
import { texts } from "./texts";
import { useView } from "./view";

export function FlowMedia() {
  const t = useMessages(texts);
  const settings = useDocument((document) => document.history.now.graph.settings);
  const verified = useDocument((document) => document.verified);
  const findings = (verified?.findings ?? []).filter((one) => one.node === null);
  const put = (key: string, value: Json | undefined) => {
    const { [key]: _, ...rest } = settings;
    const isNone = value === undefined || (Array.isArray(value) && value.length === 0);
    perform({ kind: "settings", settings: isNone ? rest : { ...rest, [key]: value } });
  };
  const set = (key: string, value: Json | undefined) => {
    const usual = USUAL_MEDIA as unknown as JsonObject;
    const said = unlike({ ...mediaOf(settings), [key]: value ?? usual[key] ?? null }, usual);
    put("media", Object.keys(said).length > 0 ? said : undefined);
  };
  const said = unlike(mediaOf(settings), USUAL_MEDIA as unknown as JsonObject);
  const places = ["media_zones", "media_regions"].filter((key) => settings[key] !== undefined);
  return (
    <Fold
      title={t("media")}
      n={Object.keys(said).length + places.length}
      findings={findings.filter((one) => one.field?.startsWith("/settings/media"))}
    >
      <ConfigForm
        schema={FLOW_MEDIA}
        config={mediaOf(settings)}
        findings={findings}
        at="/settings/media"
        onChange={set}
      />
      <ConfigForm
        schema={FLOW_PLACES}
        config={settings}
        findings={findings}
        at="/settings"
        onChange={put}
      />
    </Fold>
  );
}

interface StepMediaProps {
  readonly node: FlowNode;
  readonly findings: readonly Finding[];
}

export function StepMedia({ node, findings }: StepMediaProps) {
  const t = useMessages(texts);
  const settings = useDocument((document) => document.history.now.graph.settings);
  const own = node.media ?? {};
  const set = (key: string, value: Json | undefined) => {
    const usual = mediaOf(settings);
    const media = unlike({ ...own, [key]: value ?? usual[key] ?? null }, usual);
    perform({ kind: "media", node: node.id, media });
  };
  return (
    <Fold
      title={t("step_media")}
      n={Object.keys(own).length}
      findings={findings.filter((one) => one.field?.startsWith("/media"))}
    >
      <p className="field-help">{t("step_media_help")}</p>
      <ConfigForm
        schema={STEP_MEDIA}
        config={mediaOf(settings, own)}
        findings={findings}
        at="/media"
        onChange={set}
      />
    </Fold>
  );
}

interface FoldProps {
  readonly title: string;
  /** How much differs from the usual. */
  readonly n: number;
  readonly findings: readonly Finding[];
  readonly children: ReactNode;
}

/** Folded away until somebody wants it, or something in it is wrong. */
function Fold({ title, n, findings, children }: FoldProps) {
  const [isOpen, setOpen] = useState(false);
  const focused = useView((view) => view.focusField);
  const isMeant = focused !== null && findings.some((one) => one.field === focused);
  return (
    <details
      className="flow-fold"
      open={isOpen || isMeant || findings.length > 0}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary className="flow-more-row">
        <ChevronRight className="flow-fold-sign" size={14} aria-hidden />
        <span className="grow">{title}</span>
        {n > 0 && <span className="num faint">{n}</span>}
      </summary>
      <div className="flow-fold-body">{children}</div>
    </details>
  );
}
