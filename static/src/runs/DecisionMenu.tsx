/** What this person may decide about a run that is going on: suspend, move, take over, cancel. */

import { CirclePause, CircleX, Ellipsis, Eraser, GitBranch, Hand } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useMessages } from "../i18n/messages";
import { Menu, type MenuEntry } from "../ui/Menu";
import { toast } from "../ui/Toast";
import { DecisionDialog } from "./DecisionDialog";
import type { Decision } from "./decisions";
import { eraseTexts } from "./erase_texts";
import { MigrationDialog } from "./MigrationDialog";
import { standingTexts } from "./standing_texts";
import type { RunDetail } from "./types";
import { useDecision } from "./useDecision";

export interface DecisionMenuProps {
  readonly run: RunDetail;
  readonly titleOf: (node: string) => string;
  /** Whether this person may erase the run, which has a page of its own. */
  readonly erases: boolean;
  readonly refresh: () => void;
}

type Offered = Extract<Decision, "suspend" | "migrate" | "step_in" | "cancel">;
const OFFERED: readonly { readonly id: Offered; readonly icon: ReactNode }[] = [
  { id: "step_in", icon: <Hand size={15} aria-hidden /> },
  { id: "suspend", icon: <CirclePause size={15} aria-hidden /> },
  { id: "migrate", icon: <GitBranch size={15} aria-hidden /> },
  { id: "cancel", icon: <CircleX size={15} aria-hidden /> },
];

export function DecisionMenu({ run, titleOf, erases, refresh }: DecisionMenuProps) {
  const t = useMessages(standingTexts);
  const say = useMessages(eraseTexts);
  const [open, setOpen] = useState<Exclude<Offered, "step_in"> | null>(null);
  const stepIn = useStepIn(run.id, refresh);
  const offered = OFFERED.filter(({ id }) => run.decisions.includes(id));
  const close = () => setOpen(null);
  const entries = offered.map(
    ({ id, icon }): MenuEntry => ({
      id,
      icon,
      label: id === "step_in" ? t(id) : `${t(id)} …`,
      onAction: () => (id === "step_in" ? void stepIn() : setOpen(id)),
      ...(id === "cancel" ? { tone: "danger" as const } : {}),
    }),
  );
  if (erases) {
    entries.push({
      id: "erase",
      icon: <Eraser size={15} aria-hidden />,
      label: say("menu"),
      onAction: () => location.assign(`/runs/${run.id}/erase`),
    });
  }
  return (
    <>
      {entries.length > 0 && (
        <Menu label={t("more")} trigger={<Ellipsis size={16} aria-hidden />} entries={entries} />
      )}
      {open === "migrate" && (
        <MigrationDialog run={run} titleOf={titleOf} onTaken={refresh} onClose={close} />
      )}
      {(open === "suspend" || open === "cancel") && (
        <DecisionDialog run={run} asked={open} onTaken={refresh} onClose={close} />
      )}
    </>
  );
}

/** Needs nothing but the wish; there is no dialog that could say a refusal. */
function useStepIn(run: string, refresh: () => void): () => Promise<void> {
  const { take } = useDecision(run, "step_in", refresh);
  const t = useMessages(standingTexts);
  return async () => {
    if (!(await take())) toast({ text: t("refused"), tone: "negative" });
  };
}
