/** One node on the canvas: a card, from a distance a chip, from afar a block. */

import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { CircleAlert, Play, TriangleAlert } from "lucide-react";
import { type CSSProperties, memo } from "react";
import type { Sign } from "../flow/analysis";
import { cardHeight, PORT_H, PORT_Y } from "../flow/geometry";
import type { Boundary, LocalText, Outcome } from "../flow/model";
import { useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { SvgIcon } from "../ui/SvgIcon";
import { InterruptSigns } from "./InterruptSigns";
import { PortShape, SignIcon } from "./signs";
import { texts } from "./texts";
import { useView } from "./view";

export interface CardData extends Record<string, unknown> {
  readonly title: LocalText;
  readonly summary: LocalText;
  readonly group: string;
  readonly icon: string;
  readonly outcomes: readonly Outcome[];
  /** Outcome id -> the sign its edge rests as. */
  readonly signs: Readonly<Record<string, Sign>>;
  readonly wired: Readonly<Record<string, LocalText>>;
  readonly flag: "error" | "warning" | null;
  readonly isStart: boolean;
  readonly isEntry: boolean;
  readonly isMissing: boolean;
  /** 1…n on the witness path, with the outcome it leaves by. */
  readonly step: number | null;
  readonly stepOutcome: string | null;
  /** Interruptions that lead here, and those of this step alone. */
  readonly interruptedTo: readonly Boundary[];
  readonly interruptedFrom: readonly Boundary[];
}
export type CardNode = Node<CardData, "card">;

/** The id of the handle lines arrive at. */
export const ARRIVAL = "in";

export const NodeCard = memo(function NodeCard({ data, selected, id }: NodeProps<CardNode>) {
  const detail = useView((view) => view.detail);
  const text = useLocalText();
  return (
    <div
      className="card"
      data-detail={detail}
      data-group={data.group}
      data-ending={data.outcomes.length === 0 || undefined}
      data-selected={selected || undefined}
      data-witness={data.step !== null || undefined}
      data-missing={data.isMissing || undefined}
      data-testid={`node-${id}`}
      style={{ "--card-height": `${cardHeight(data.outcomes.length)}px` } as CSSProperties}
    >
      {!data.isEntry && (
        <Handle type="target" id={ARRIVAL} position={Position.Left} className="arrival" />
      )}
      {data.step !== null && <span className="card-step num">{data.step}</span>}
      <div className="card-face">
        {detail !== "block" && (
          <>
            <div className="card-head">
              <span className="tile">
                <SvgIcon svg={data.icon} />
              </span>
              <span className="card-title">{text(data.title)}</span>
              <CardFlag flag={data.flag} isStart={data.isStart} />
            </div>
            <p className="card-summary">{text(data.summary)}</p>
          </>
        )}
      </div>
      <Ports id={id} data={data} isCard={detail === "card"} />
      {detail === "card" && (
        <>
          <InterruptSigns side="to" boundaries={data.interruptedTo} />
          <InterruptSigns side="from" boundaries={data.interruptedFrom} />
        </>
      )}
    </div>
  );
});

function CardFlag({ flag, isStart }: Pick<CardData, "flag" | "isStart">) {
  const t = useMessages(texts);
  if (flag === "error") {
    return (
      <span className="flag" data-tone="negative" title={t("severity_error")}>
        <CircleAlert size={13} aria-label={t("severity_error")} />
      </span>
    );
  }
  if (flag === "warning") {
    return (
      <span className="flag" data-tone="warning" title={t("severity_warning")}>
        <TriangleAlert size={13} aria-label={t("severity_warning")} />
      </span>
    );
  }
  return isStart ? (
    <span className="flag" data-tone="start" title={t("starts_here")}>
      <Play size={11} aria-label={t("starts_here")} />
    </span>
  ) : null;
}

interface PortsProps {
  readonly id: string;
  readonly data: CardData;
  readonly isCard: boolean;
}

function Ports({ id, data, isCard }: PortsProps) {
  const text = useLocalText();
  const isExpanded = useView(
    ({ hovered, nodes }) => hovered === id || (nodes.length === 1 && nodes[0] === id),
  );
  return (
    <ul className="ports">
      {data.outcomes.map((outcome, index) => (
        <li
          key={outcome.id}
          className="port"
          data-polarity={outcome.polarity}
          data-step={data.stepOutcome === outcome.id || undefined}
        >
          {isCard && <span className="port-label">{text(outcome.label) || outcome.id}</span>}
          <Handle
            type="source"
            id={outcome.id}
            position={Position.Right}
            className="departure"
            data-wired={outcome.id in data.wired || undefined}
            style={{ top: isCard ? PORT_Y + index * PORT_H - 56 : PORT_Y - 56 }}
          >
            {(isCard || index === 0) && <PortShape polarity={outcome.polarity} />}
          </Handle>
          {isCard && !isExpanded && <Stub data={data} outcome={outcome} index={index} />}
        </li>
      ))}
    </ul>
  );
}

function Stub({
  data,
  outcome,
  index,
}: {
  readonly data: CardData;
  readonly outcome: Outcome;
  readonly index: number;
}) {
  const text = useLocalText();
  const sign = data.signs[outcome.id];
  if (!sign) return null;
  return (
    <span
      className="stub"
      data-sign={sign}
      style={{ top: PORT_Y - 56 + index * PORT_H - 8 }}
      title={text(data.wired[outcome.id])}
    >
      <i />
      <b>
        <SignIcon sign={sign} />
      </b>
    </span>
  );
}
