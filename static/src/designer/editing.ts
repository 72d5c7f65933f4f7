/** Actions of the person at the canvas, put into commands: add, insert, paste, delete. */

import { clip, paste } from "../flow/commands";
import { bottomOf, CARD_W, PITCH_X, PITCH_Y } from "../flow/geometry";
import { type FlowNode, newNodeId, nodeIds, type Point, targetOf } from "../flow/model";
import type { PaletteComponent } from "./data";
import { boxesOf } from "./derive";
import { draftNow, perform, useDocument } from "./store";
import { look, type PickTarget, selectNode, useView } from "./view";

const GRID = 2;
const PASTE_STEP = 40;

function newNode(component: PaletteComponent): FlowNode {
  return {
    id: newNodeId(nodeIds(draftNow().graph), component.key),
    component: component.key,
    version: component.version,
    title: {},
    config: component.defaults,
  };
}

export function addAt(component: PaletteComponent, at: Point): void {
  const node = newNode(component);
  perform({ kind: "add", node, at: snap(at) });
  selectNode(node.id, "configure");
}

function snap(at: Point): Point {
  return { x: Math.round(at.x / GRID) * GRID, y: Math.round(at.y / GRID) * GRID };
}

/** Without a pointer: beside the selected card, joined to its first free outcome; else after the last card. */
export function addBeside(component: PaletteComponent): void {
  const source = selectedSource();
  const node = newNode(component);
  const free = source && !component.entry ? freeOutcome(source) : null;
  const via = source && free ? { via: { from: source, outcome: free } } : {};
  perform({ kind: "add", node, at: freePlace(source), ...via });
  selectNode(node.id, "configure");
}

function selectedSource(): string | null {
  return useView.getState().nodes.at(-1) ?? null;
}

function freeOutcome(id: string): string | null {
  const { graph } = draftNow();
  const box = allBoxes().find((one) => one.id === id);
  return box?.outcomes.find((outcome) => targetOf(graph, id, outcome) === null) ?? null;
}

function allBoxes() {
  const { components, verified } = useDocument.getState();
  return boxesOf(draftNow(), components, verified);
}

/** The next place to the right of `near` with no card on it, then rows below. */
export function freePlace(near: string | null): Point {
  const boxes = allBoxes();
  const from = boxes.find((box) => box.id === near) ?? boxes.at(-1);
  if (!from) return { x: 24, y: 32 };
  const isFree = (at: Point) =>
    boxes.every(
      (box) =>
        Math.abs(box.x - at.x) >= CARD_W + 16 || at.y > bottomOf(box) + 16 || at.y + 140 < box.y,
    );
  const right = Array.from({ length: 3 }, (_, step) => ({
    x: from.x + PITCH_X * (step + 1),
    y: from.y,
  }));
  const below = Array.from({ length: 40 }, (_, step) => ({
    x: 24 + PITCH_X * (step % 4),
    y: from.y + PITCH_Y * (1 + Math.floor(step / 4)),
  }));
  return (
    [...right.filter((at) => at.x < 24 + 4 * PITCH_X), ...below].find(isFree) ?? {
      x: from.x,
      y: from.y + PITCH_Y,
    }
  );
}

/** On a line: the new card takes the place before the target, and the row makes room. */
export function insertOn(
  component: PaletteComponent,
  on: { readonly from: string; readonly outcome: string },
  dropped?: Point,
): void {
  const node = newNode(component);
  const boxes = allBoxes();
  const target = targetOf(draftNow().graph, on.from, on.outcome);
  const [source, next] = [
    boxes.find((box) => box.id === on.from),
    boxes.find((box) => box.id === target),
  ];
  const isRow = source && next && next.x > source.x && Math.abs(next.y - source.y) < 90;
  const at = isRow ? { x: source.x + PITCH_X, y: source.y } : (dropped ?? freePlace(on.from));
  const leave = component.outcomes[0]?.id ?? null;
  perform({ kind: "insert", node, at: snap(at), on, leave, push: isRow ? PITCH_X : 0 });
  selectNode(node.id, "configure");
}

/** The component picker answered. */
export function place(component: PaletteComponent, target: PickTarget): void {
  if (target?.kind === "on") insertOn(component, target.edge);
  if (target?.kind === "after") {
    const node = newNode(component);
    perform({ kind: "add", node, at: freePlace(target.from), via: target });
    selectNode(node.id, "configure");
  }
  look({ pick: null });
}

export function removeSelected(): void {
  const { nodes, edge } = useView.getState();
  if (nodes.length === 0 && !edge) return;
  perform({ kind: "remove", nodes, edges: edge ? [edge] : [] });
  look({ nodes: [], edge: null });
}

export function copySelected(): void {
  const { nodes } = useView.getState();
  if (nodes.length > 0) look({ clipping: clip(draftNow(), nodes), pastes: 0 });
}

export function pasteClipping(): void {
  const { clipping, pastes } = useView.getState();
  if (!clipping) return;
  const by = { x: PASTE_STEP * (pastes + 1), y: PASTE_STEP * (pastes + 1) };
  const before = nodeIds(draftNow().graph);
  const { ids } = paste(draftNow(), clipping, by);
  perform({ kind: "paste", clipping, by });
  look({ nodes: ids.filter((id) => !before.has(id)), edge: null, pastes: pastes + 1 });
}
