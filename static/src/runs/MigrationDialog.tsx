/** Moves a live run to another version of its flow: which fit, what speaks against the others, which steps are which. */

import { Check, CircleAlert } from "lucide-react";
import { useCallback, useState } from "react";
import { useLoaded } from "../api/useLoaded";
import { useLocale, useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { ActionDialog, Refusal } from "../ui/ActionDialog";
import { Badge } from "../ui/Badge";
import { Skeleton } from "../ui/Skeleton";
import { type Finding, type Move, readMoves, renamed } from "./decisions";
import { standingTexts } from "./standing_texts";
import type { RunDetail } from "./types";
import { useDecision } from "./useDecision";

export interface MigrationDialogProps {
  readonly run: RunDetail;
  readonly titleOf: (node: string) => string;
  readonly onTaken: () => void;
  readonly onClose: () => void;
}

type Nodes = Readonly<Record<string, string>>;

export function MigrationDialog({ run, titleOf, onTaken, onClose }: MigrationDialogProps) {
  const t = useMessages(standingTexts);
  const read = useCallback((signal: AbortSignal) => readMoves(run.id, signal), [run.id]);
  const { loaded } = useLoaded(read);
  const { busy, refusal, findings, take } = useDecision(run.id, "migrate", onTaken);
  const [chosen, setChosen] = useState<string | null>(null);
  const [nodes, setNodes] = useState<Nodes | null>(null);
  const moves = loaded.state === "ready" ? loaded.value : [];
  const move = moves.find((one) => one.id === chosen) ?? moves.find(isFit) ?? moves[0] ?? null;
  const isOwn = nodes !== null;
  const go = async () => {
    if (move && (await take({ to: move.id, nodes: nodes ?? move.nodes }))) onClose();
  };
  return (
    <ActionDialog
      title={t("move_title")}
      closeLabel={t("close")}
      size="wide"
      backLabel={t("back")}
      actionLabel={t(busy ? "move_busy" : "move_yes")}
      busy={busy}
      isOff={move === null || !(isOwn || isFit(move))}
      refusal={findings.length === 0 ? refusal : ""}
      onAction={go}
      onClose={onClose}
    >
      <p className="decide-text">{t("move_text")}</p>
      {loaded.state === "loading" && <Looking />}
      {loaded.state === "failed" && <Refusal text={t("moves_failed")} />}
      {loaded.state === "ready" && moves.length === 0 && <p>{t("moves_none")}</p>}
      {move && (
        <>
          <Versions
            moves={moves}
            chosen={move.id}
            isOwn={isOwn}
            onChoose={(id) => {
              setChosen(id);
              setNodes(null);
            }}
          />
          <Mapping
            run={run}
            move={move}
            nodes={nodes ?? move.nodes}
            titleOf={titleOf}
            onNodes={setNodes}
          />
          {isOwn && findings.length === 0 && <p className="field-help">{t("mapping_checked")}</p>}
          <Against findings={isOwn || findings.length > 0 ? findings : move.findings} />
        </>
      )}
    </ActionDialog>
  );
}

const isFit = (move: Move): boolean => move.findings.length === 0;

function Looking() {
  const t = useMessages(standingTexts);
  return (
    <div aria-busy="true">
      <p className="visually-hidden" role="status">
        {t("moves_loading")}
      </p>
      <Skeleton height={56} />
    </div>
  );
}

interface VersionsProps {
  readonly moves: readonly Move[];
  readonly chosen: string;
  /** Whether the steps are mapped otherwise than they were checked with. */
  readonly isOwn: boolean;
  readonly onChoose: (id: string) => void;
}

function Versions({ moves, chosen, isOwn, onChoose }: VersionsProps) {
  const t = useMessages(standingTexts);
  const locale = useLocale();
  return (
    <fieldset className="decide-choices">
      <legend className="field-label">{t("versions")}</legend>
      {moves.map((one) => (
        <label key={one.id} className="decide-choice">
          <input
            type="radio"
            name="version"
            checked={one.id === chosen}
            onChange={() => onChoose(one.id)}
          />
          <span>
            <b>{t("version", { n: one.number })}</b>
            <small>
              {[
                new Date(one.published_at).toLocaleString(locale, {
                  dateStyle: "medium",
                  timeStyle: "short",
                }),
                one.note,
              ]
                .filter(Boolean)
                .join(" · ")}
            </small>
          </span>
          {!(isOwn && one.id === chosen) && (
            <Badge tone={isFit(one) ? "positive" : "warning"}>
              {isFit(one) && <Check size={12} aria-hidden />}
              {isFit(one) ? t("fits") : t("against", { n: one.findings.length })}
            </Badge>
          )}
        </label>
      ))}
    </fieldset>
  );
}

interface MappingProps {
  readonly run: RunDetail;
  readonly move: Move;
  readonly nodes: Nodes;
  readonly titleOf: (node: string) => string;
  readonly onNodes: (nodes: Nodes) => void;
}

/** Only steps that are gone under their name can be another; only those that are new can be theirs. */
function Mapping({ run, move, nodes, titleOf, onNodes }: MappingProps) {
  const t = useMessages(standingTexts);
  const say = useLocalText();
  const gone = renamed(run.graph.nodes, move.steps);
  const fresh = renamed(move.steps, run.graph.nodes);
  if (gone.length === 0 || fresh.length === 0) return null;
  const choose = (from: string, to: string) => {
    const { [from]: _, ...rest } = nodes;
    onNodes(to === "" ? rest : { ...rest, [from]: to });
  };
  return (
    <section className="decide-mapping">
      <h3 className="field-label">{t("mapping")}</h3>
      <p className="field-help">{t("mapping_help")}</p>
      {gone.map((node) => (
        <label key={node.id}>
          <span>{titleOf(node.id)}</span>
          <select
            className="input"
            value={nodes[node.id] ?? ""}
            onChange={(event) => choose(node.id, event.currentTarget.value)}
          >
            <option value="">{t("mapping_none")}</option>
            {fresh.map((step) => (
              <option key={step.id} value={step.id}>
                {say(step.title) || step.id}
              </option>
            ))}
          </select>
        </label>
      ))}
    </section>
  );
}

function Against({ findings }: { readonly findings: readonly Finding[] }) {
  const t = useMessages(standingTexts);
  const say = useLocalText();
  if (findings.length === 0) return null;
  return (
    <div className="note" data-tone="warning" role="status">
      <CircleAlert size={15} aria-hidden />
      <div>
        <b>{t("against_title")}</b>
        <ul className="decide-against">
          {findings.map((one) => (
            <li key={`${one.rule} ${one.node} ${one.message.en}`}>{say(one.message)}</li>
          ))}
        </ul>
      </div>
    </div>
  );
}
