/** Below the canvas: problems, outline, interruptions and variables. */

import { useReactFlow } from "@xyflow/react";
import { CircleAlert, CircleCheck, Eye, LocateFixed, TriangleAlert } from "lucide-react";
import { useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Count } from "../ui/Badge";
import { Button, IconButton } from "../ui/Button";
import { Tabs } from "../ui/Tabs";
import { Controls } from "./Controls";
import type { Finding } from "./data";
import { titleOf, worstOf } from "./derive";
import { Interruptions, isOfInterruption, placeIn } from "./Interruptions";
import { Outline } from "./Outline";
import { draftNow, useDocument } from "./store";
import { texts } from "./texts";
import { Variables } from "./Variables";
import { type InspectorTab, look, useView } from "./view";

const NO_FINDINGS: readonly Finding[] = [];

export function Strip() {
  const t = useMessages(texts);
  const strip = useView((view) => view.strip);
  const findings = useDocument((document) => document.verified?.findings ?? NO_FINDINGS);
  const interrupted = findings.filter(isOfInterruption);
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
            mark: <Mark findings={findings} />,
            panel: <Problems findings={findings} />,
          },
          { id: "outline", label: t("outline"), panel: <Outline /> },
          {
            id: "interruptions",
            label: t("interruptions"),
            mark: <Mark findings={interrupted} />,
            panel: <Interruptions />,
          },
          { id: "variables", label: t("variables"), panel: <Variables /> },
        ]}
      />
    </section>
  );
}

function Mark({ findings }: { readonly findings: readonly Finding[] }) {
  const worst = worstOf(findings);
  return worst && <Count tone={worst === "error" ? "negative" : "warning"} n={findings.length} />;
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
      {(finding.node || isOfInterruption(finding) || isOfFlow(finding)) && (
        <IconButton size="small" label={t("go_there")} onClick={() => goTo(finding)}>
          <LocateFixed size={14} />
        </IconButton>
      )}
    </li>
  );
}

/** About a setting of the flow itself, which stands where nothing is selected. */
const isOfFlow = (finding: Finding): boolean =>
  !finding.node && finding.field?.startsWith("/settings/") === true;

/** To the card, the right tab and the field of a finding. */
function useGoTo(): (finding: Finding) => void {
  const { setCenter, getZoom } = useReactFlow();
  return (finding) => {
    const { node, outcome, field } = finding;
    if (isOfInterruption(finding)) look({ strip: "interruptions", focusField: placeIn(finding) });
    if (isOfFlow(finding)) look({ nodes: [], edge: null, focusField: field });
    if (!node || isOfInterruption(finding)) return;
    const inspector: InspectorTab = outcome && !field ? "outcomes" : "configure";
    look({ nodes: [node], edge: null, inspector, focusField: field ?? outcome });
    const at = draftNow().layout.nodes[node];
    if (at) void setCenter(at.x + 84, at.y + 60, { zoom: Math.max(0.8, getZoom()), duration: 160 });
  };
}
