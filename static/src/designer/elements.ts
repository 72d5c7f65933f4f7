/** React Flow nodes and edges out of the document and the view. Pure; sizes and port places are declared, not measured. */

import { Position } from "@xyflow/react";
import type { Sign } from "../flow/analysis";
import { type Box, CARD_W, cardHeight, PORT_H, PORT_Y } from "../flow/geometry";
import { type Boundary, type Draft, type LocalText, type Point, sameJson } from "../flow/model";
import type { PaletteComponent, Verification } from "./data";
import { type DrawnEdge, edgeId, outcomesOf, titleOf, worstOf } from "./derive";
import type { LineEdge } from "./FlowEdge";
import { ARRIVAL, type CardNode } from "./NodeCard";
import type { View } from "./view";

interface CardInput {
  readonly draft: Draft;
  readonly components: ReadonlyMap<string, PaletteComponent>;
  readonly verified: Verification | null;
  readonly drawn: readonly DrawnEdge[];
  readonly boxes: readonly Box[];
  readonly selected: readonly string[];
  readonly witness: View["witness"];
}

const NOTHING: LocalText = {};
const NO_BOUNDARIES: readonly Boundary[] = [];

/** What did not change stays the same object as in `before`: React Flow and the cards skip it. */
export function cardNodes(input: CardInput, before: readonly CardNode[]): CardNode[] {
  const { draft, components, verified, witness } = input;
  const selected = new Set(input.selected);
  const known = new Map(before.map((node) => [node.id, node]));
  const arriving = Map.groupBy(draft.graph.boundaries, (one) => one.to);
  const watched = Map.groupBy(draft.graph.boundaries, (one) => one.scope);
  const places = new Map(input.boxes.map((box) => [box.id, box]));
  const titles = new Map(draft.graph.nodes.map((node) => [node.id, titleOf(node, components)]));
  const out = wiring(input.drawn, titles);
  const findings = Map.groupBy(verified?.findings ?? [], (finding) => finding.node);
  return draft.graph.nodes.map((node): CardNode => {
    const component = components.get(node.component);
    const outcomes = outcomesOf(node, components, verified);
    const box = places.get(node.id);
    const step = witness?.indexOf(node.id) ?? -1;
    const height = cardHeight(outcomes.length);
    return steady(known.get(node.id), {
      id: node.id,
      type: "card",
      position: { x: box?.x ?? 0, y: box?.y ?? 0 },
      width: CARD_W,
      height,
      measured: { width: CARD_W, height },
      selected: selected.has(node.id),
      handles: handlesOf(
        outcomes.map((one) => one.id),
        component?.entry ?? false,
      ),
      data: {
        title: titles.get(node.id) ?? NOTHING,
        summary: verified?.summaries[node.id] ?? component?.summary ?? NOTHING,
        group: component?.group ?? "logic",
        icon: component?.icon ?? "",
        outcomes,
        signs: out.signs.get(node.id) ?? {},
        wired: out.wired.get(node.id) ?? {},
        flag: worstOf(findings.get(node.id) ?? []),
        isStart: draft.graph.start === node.id,
        isEntry: component?.entry ?? false,
        isMissing: component === undefined,
        step: step < 0 ? null : step + 1,
        stepOutcome: witness ? witnessOutcome(input.drawn, witness, step) : null,
        interruptedTo: arriving.get(node.id) ?? NO_BOUNDARIES,
        interruptedFrom: watched.get(node.id) ?? NO_BOUNDARIES,
      },
    });
  });
}

function steady(was: CardNode | undefined, now: CardNode): CardNode {
  const isSame =
    was !== undefined &&
    was.position.x === now.position.x &&
    was.position.y === now.position.y &&
    was.selected === now.selected &&
    sameJson(was.data, now.data);
  return isSame ? was : now;
}

/** Cards under way in a drag stand where the pointer has them; all others stay the same objects. */
export function dragged(
  nodes: readonly CardNode[],
  places: Readonly<Record<string, Point>>,
): readonly CardNode[] {
  return nodes.map((node) => {
    const position = places[node.id];
    return position ? { ...node, position } : node;
  });
}

function handlesOf(outcomes: readonly string[], isEntry: boolean) {
  const sources = outcomes.map((id, index) => ({
    id,
    type: "source" as const,
    position: Position.Right,
    x: CARD_W - 7,
    y: PORT_Y + index * PORT_H - 7,
    width: 14,
    height: 14,
  }));
  const arrival = {
    id: ARRIVAL,
    type: "target" as const,
    position: Position.Left,
    x: 0,
    y: PORT_Y - 1,
    width: 2,
    height: 2,
  };
  return isEntry ? sources : [arrival, ...sources];
}

function wiring(drawn: readonly DrawnEdge[], titles: ReadonlyMap<string, LocalText>) {
  const signs = new Map<string, Record<string, Sign>>();
  const wired = new Map<string, Record<string, LocalText>>();
  for (const { edge, sign } of drawn) {
    wired.set(edge.from, {
      ...wired.get(edge.from),
      [edge.outcome]: titles.get(edge.to) ?? NOTHING,
    });
    if (sign) signs.set(edge.from, { ...signs.get(edge.from), [edge.outcome]: sign });
  }
  return { signs, wired };
}

function witnessOutcome(
  drawn: readonly DrawnEdge[],
  path: readonly string[],
  step: number,
): string | null {
  if (step < 0 || step >= path.length - 1) return null;
  return (
    drawn.find((one) => one.edge.from === path[step] && one.edge.to === path[step + 1])?.edge
      .outcome ?? null
  );
}

interface LineInput {
  readonly drawn: readonly DrawnEdge[];
  readonly selected: readonly string[];
  readonly hovered: string | null;
  readonly edge: View["edge"];
  readonly witness: View["witness"];
}

/** At rest an edge with a sign is only its sign; hover or selection of its card, or a path through it, draws it. */
export function lineEdges(input: LineInput, before: readonly LineEdge[]): LineEdge[] {
  const { drawn, selected, hovered, edge, witness } = input;
  const known = new Map(before.map((line) => [line.id, line]));
  const steps = new Set(witness?.slice(1).map((id, index) => `${witness[index]}>${id}`));
  const shown = drawn.filter((one) => one.sign === null || isVisited(one) || isStep(one));
  return shown.map((one) =>
    steadyLine(known.get(edgeId(one.edge)), {
      id: edgeId(one.edge),
      type: "line",
      source: one.edge.from,
      sourceHandle: one.edge.outcome,
      target: one.edge.to,
      targetHandle: ARRIVAL,
      selected: edge !== null && edgeId(edge) === edgeId(one.edge),
      reconnectable: "target",
      data: {
        polarity: one.polarity,
        label: one.label,
        plan: one.plan,
        port: one.port,
        isWitness: isStep(one),
        isVisiting: one.sign !== null,
        from: one.edge.from,
        outcome: one.edge.outcome,
      },
    }),
  );

  function isStep(one: DrawnEdge): boolean {
    return steps.has(`${one.edge.from}>${one.edge.to}`);
  }
  function isVisited({ edge: line }: DrawnEdge): boolean {
    const isOfCard = hovered === line.from || (selected.length === 1 && selected[0] === line.from);
    return isOfCard || (edge !== null && edgeId(edge) === edgeId(line));
  }
}

function steadyLine(was: LineEdge | undefined, now: LineEdge): LineEdge {
  const isSame =
    was !== undefined &&
    was.target === now.target &&
    was.selected === now.selected &&
    sameJson(was.data, now.data);
  return isSame ? was : now;
}
