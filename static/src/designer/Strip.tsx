/** Below the canvas: problems, outline and variables, and the zoom. */

import { useReactFlow, useStore } from "@xyflow/react";
import {
  CircleAlert,
  CircleCheck,
  Eye,
  LocateFixed,
  Maximize,
  Minus,
  Network,
  Plus,
  TriangleAlert,
} from "lucide-react";
import { useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Count } from "../ui/Badge";
import { Button, IconButton } from "../ui/Button";
import { Tabs } from "../ui/Tabs";
import type { Finding } from "./data";
import { titleOf, worstOf } from "./derive";
import { Outline } from "./Outline";
import { draftNow, perform, useDocument } from "./store";
import { texts } from "./texts";
import { tidied } from "./tidy";
import { Variables } from "./Variables";
import { type InspectorTab, look, useView } from "./view";

const NO_FINDINGS: readonly Finding[] = [];

export function Strip() {
  const t = useMessages(texts);
  const strip = useView((view) => view.strip);
  const findings = useDocument((document) => document.verified?.findings ?? NO_FINDINGS);
  const worst = worstOf(findings);
  const tone = worst === "error" ? "negative" : "warning";
  return (
    <section className="strip" data-tab={strip} aria-label={t("strip")}>
      <Tabs
        label={t("strip")}
        selected={strip}
        onSelect={(tab) => look({ strip: tab })}
        trailing={<Controls />}
        tabs={[
          {
            id: "problems",
            label: t("problems"),
            mark: worst && <Count tone={tone} n={findings.length} />,
            panel: <Problems findings={findings} />,
          },
          { id: "outline", label: t("outline"), panel: <Outline /> },
          { id: "variables", label: t("variables"), panel: <Variables /> },
        ]}
      />
    </section>
  );
}

function Problems({ findings }: { readonly findings: readonly Finding[] }) {
  const t = useMessages(texts);
  const isChecking = useDocument((document) => document.isChecking);
  const verified = useDocument((document) => document.verified);
  if (findings.length === 0) {
    return (
      <p className="strip-calm">
        {verified && !isChecking && <CircleCheck size={15} aria-hidden />}
        {verified && !isChecking ? t("no_problems") : t("checking")}
      </p>
    );
  }
  const ordered = [...findings].sort((a, b) => a.severity.localeCompare(b.severity));
  return (
    <ul className="problems">
      {ordered.map((finding) => (
        <Problem
          key={`${finding.rule} ${finding.node} ${finding.outcome} ${finding.field}`}
          finding={finding}
        />
      ))}
    </ul>
  );
}

function Problem({ finding }: { readonly finding: Finding }) {
  const t = useMessages(texts);
  const text = useLocalText();
  const witness = useView((view) => view.witness);
  const goTo = useGoTo();
  const isShown = witness !== null && witness === finding.path;
  const node = useDocument((document) =>
    document.history.now.graph.nodes.find((one) => one.id === finding.node),
  );
  const components = useDocument((document) => document.components);
  const Icon = finding.severity === "error" ? CircleAlert : TriangleAlert;
  return (
    <li className="problem" data-shown={isShown || undefined}>
      <span className="flag" data-tone={finding.severity === "error" ? "negative" : "warning"}>
        <Icon
          size={14}
          aria-label={t(finding.severity === "error" ? "severity_error" : "severity_warning")}
        />
      </span>
      <button type="button" className="problem-text" onClick={() => goTo(finding)}>
        <span className="mono">{finding.rule}</span>
        {node && <b>{text(titleOf(node, components))}</b>}
        <span>{text(finding.message)}</span>
      </button>
      {finding.path.length > 1 && (
        <Button
          size="small"
          icon={<Eye size={14} />}
          aria-pressed={isShown}
          onClick={() => look({ witness: isShown ? null : finding.path })}
        >
          {isShown ? t("path_shown") : t("show_path")}
        </Button>
      )}
      {finding.node && (
        <IconButton size="small" label={t("go_there")} onClick={() => goTo(finding)}>
          <LocateFixed size={14} />
        </IconButton>
      )}
    </li>
  );
}

/** To the card, the right tab and the field of a finding. */
function useGoTo(): (finding: Finding) => void {
  const { setCenter, getZoom } = useReactFlow();
  return ({ node, outcome, field }) => {
    if (!node) return;
    const inspector: InspectorTab = outcome && !field ? "outcomes" : "configure";
    look({ nodes: [node], edge: null, inspector, focusField: field ?? outcome });
    const at = draftNow().layout.nodes[node];
    if (at) void setCenter(at.x + 84, at.y + 60, { zoom: Math.max(0.8, getZoom()), duration: 160 });
  };
}

function Controls() {
  const t = useMessages(texts);
  const zoom = useStore((state) => state.transform[2]);
  const width = useStore((state) => state.width);
  const { zoomIn, zoomOut, zoomTo, fitView } = useReactFlow();
  const tidy = async () => {
    perform({
      kind: "move",
      to: await tidied(draftNow(), Math.max(4, Math.floor((width - 16) / 208))),
    });
    await fitView({ duration: 240, padding: 0.04, maxZoom: 1 });
  };
  return (
    <div className="strip-controls">
      <IconButton size="small" label={t("zoom_out")} onClick={() => zoomOut()}>
        <Minus size={14} />
      </IconButton>
      <button
        type="button"
        className="num strip-zoom"
        title={t("zoom_reset")}
        onClick={() => zoomTo(1, { duration: 160 })}
      >
        {Math.round(zoom * 100)} %
      </button>
      <IconButton size="small" label={t("zoom_in")} onClick={() => zoomIn()}>
        <Plus size={14} />
      </IconButton>
      <IconButton
        size="small"
        label={t("fit")}
        onClick={() => fitView({ duration: 160, padding: 0.06 })}
      >
        <Maximize size={14} />
      </IconButton>
      <IconButton size="small" label={t("tidy")} onClick={() => void tidy()}>
        <Network size={14} />
      </IconButton>
    </div>
  );
}
