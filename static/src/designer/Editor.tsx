/** One flow, open: loads it, keeps it safe, and lays out palette, canvas, inspector and problems. */

import { ReactFlowProvider } from "@xyflow/react";
import { CircleAlert } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { ApiError } from "../api/http";
import { readDraft, sameJson } from "../flow/model";
import { readMe } from "../home/me";
import { StaffRail } from "../home/StaffRail";
import { say, useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Skeleton } from "../ui/Skeleton";
import { Toasts, toast } from "../ui/Toast";
import { Canvas } from "./Canvas";
import { startChecking } from "./checking";
import { api } from "./data";
import { EmptyCanvas } from "./EmptyCanvas";
import { Inspector } from "./Inspector";
import { find, forget } from "./journal";
import { useKeys } from "./keys";
import { LinkDialog } from "./LinkDialog";
import { MergeDialog } from "./MergeDialog";
import { Palette } from "./Palette";
import { Picker } from "./Picker";
import { PublishDialog } from "./PublishDialog";
import { Strip } from "./Strip";
import { startSaving } from "./saving";
import { open, perform, useDocument } from "./store";
import { TopBar } from "./TopBar";
import { texts } from "./texts";
import { look, useView } from "./view";

type Stage = "loading" | "open" | "missing" | "failed";

export function Editor({ id }: { readonly id: string }) {
  const { stage, load } = useFlow(id);
  return (
    <div className="shell">
      <StaffRail me={readMe()} current="/designer/" />
      {stage === "open" ? <Workbench id={id} /> : <NotOpen stage={stage} onRetry={load} />}
    </div>
  );
}

function useFlow(id: string) {
  const [stage, setStage] = useState<Stage>("loading");
  const load = useCallback(async () => {
    try {
      await openFlow(id);
      setStage("open");
    } catch (error) {
      setStage(error instanceof ApiError && error.status === 404 ? "missing" : "failed");
    }
  }, [id]);
  useEffect(() => void load(), [load]);
  return { stage, load };
}

async function openFlow(id: string): Promise<void> {
  const [flow, stored, palette] = await Promise.all([api.flow(id), api.draft(id), api.palette()]);
  document.title = `${flow.name} · Counterflow`;
  open(flow, palette, readDraft(stored), stored.revision);
  restore(id, stored.revision);
}

/** Work this device kept goes on; if the server moved on meanwhile, saving will ask for a merge. */
function restore(id: string, revision: number): void {
  const kept = find(id);
  if (!kept) return;
  if (sameJson(kept.draft, useDocument.getState().savedDraft)) {
    forget(id);
    return;
  }
  if (kept.revision !== revision)
    useDocument.setState({ revision: kept.revision, savedDraft: kept.base });
  perform({ kind: "replace", draft: kept.draft });
  toast({ text: say(texts, "restored") });
}

function NotOpen({ stage, onRetry }: { readonly stage: Stage; readonly onRetry: () => void }) {
  const t = useMessages(texts);
  if (stage === "loading") return <Blocks />;
  const isMissing = stage === "missing";
  return (
    <main className="list-page">
      <EmptyState
        title={isMissing ? t("flow_missing") : t("flow_failed")}
        text={isMissing ? t("flow_missing_text") : t("nothing_lost")}
        icon={<CircleAlert size={28} />}
      >
        {isMissing ? (
          <a href="/designer/">{t("to_flows")}</a>
        ) : (
          <Button onClick={onRetry}>{t("try_again")}</Button>
        )}
      </EmptyState>
    </main>
  );
}

/** The shape of the page before its content: bars, and blocks where cards will be. */
function Blocks() {
  return (
    <div className="app" aria-busy>
      <div className="top">
        <Skeleton width={220} height={18} />
      </div>
      <div className="work">
        <div className="palette">
          <div className="blocks-list">
            {Array.from({ length: 12 }, (_, row) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows of a drawing
              <Skeleton key={row} height={20} />
            ))}
          </div>
        </div>
        <div className="canvas blocks-canvas">
          {Array.from({ length: 12 }, (_, card) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: cards of a drawing
            <Skeleton key={card} width={168} height={102} />
          ))}
        </div>
        <div className="inspector" />
      </div>
    </div>
  );
}

function Workbench({ id }: { readonly id: string }) {
  useKeys();
  useEffect(() => startSaving(id), [id]);
  useEffect(startChecking, []);
  const isEmpty = useDocument((document) => document.history.now.graph.nodes.length === 0);
  return (
    <ReactFlowProvider>
      <div className="app">
        <TopBar />
        <div className="work">
          <Palette />
          <main className="middle">
            <Canvas />
            {isEmpty && <EmptyCanvas />}
            <Strip />
          </main>
          <Inspector />
        </div>
      </div>
      <Dialogs />
      <Picker />
      <Toasts />
    </ReactFlowProvider>
  );
}

function Dialogs() {
  const dialog = useView((view) => view.dialog);
  const save = useDocument((document) => document.save);
  useEffect(() => {
    if (save.kind === "conflict") look({ dialog: "merge" });
  }, [save.kind]);
  switch (dialog) {
    case "publish":
      return <PublishDialog />;
    case "link":
      return <LinkDialog />;
    case "merge":
      return save.kind === "conflict" ? <MergeDialog current={save.current} /> : null;
    default:
      return null;
  }
}
