/** The canvas: React Flow draws what the document says, and every gesture becomes a command. */

import "@xyflow/react/dist/base.css";
import {
  Background,
  BackgroundVariant,
  type Connection,
  type EdgeChange,
  type FinalConnectionState,
  type NodeChange,
  ReactFlow,
  useOnViewportChange,
  useReactFlow,
} from "@xyflow/react";
import { type DragEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useShallow } from "zustand/react/shallow";
import type { Point } from "../flow/model";
import { useMessages } from "../i18n/messages";
import { boxesOf, drawnEdges } from "./derive";
import { addAt, insertOn } from "./editing";
import { cardNodes, dragged, lineEdges } from "./elements";
import { FlowEdge, type LineEdge } from "./FlowEdge";
import { type CardNode, NodeCard } from "./NodeCard";
import { DRAG_TYPE } from "./Palette";
import { Spans } from "./Spans";
import { draftNow, perform, useDocument } from "./store";
import { texts } from "./texts";
import { detailAt, look, useView, type View } from "./view";

const nodeTypes = { card: NodeCard };
const edgeTypes = { line: FlowEdge };
const DELETED_BY_US = null;
const NO_DRAG: Readonly<Record<string, Point>> = {};

export function Canvas() {
  const t = useMessages(texts);
  const { nodes, edges, boxes, places, onNodesChange } = useElements();
  const isTidying = useView((view) => view.isTidying);
  const flow = useReactFlow();
  useOnViewportChange({
    onChange: ({ zoom }) => {
      const detail = detailAt(zoom);
      if (useView.getState().detail !== detail) look({ detail });
    },
  });

  const onDrop = (event: DragEvent) => {
    const component = useDocument.getState().components.get(event.dataTransfer.getData(DRAG_TYPE));
    if (!component) return;
    event.preventDefault();
    const pointer = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const at = { x: pointer.x - 84, y: pointer.y - 24 };
    const line = lineUnder(event.clientX, event.clientY);
    if (line) insertOn(component, line, at);
    else addAt(component, at);
  };

  return (
    <section
      className="canvas"
      aria-label={t("canvas")}
      data-tidying={isTidying || undefined}
      onDrop={onDrop}
      onDragOver={allowDrop}
    >
      <ReactFlow<CardNode, LineEdge>
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        onNodesChange={onNodesChange}
        onEdgesChange={selectEdge}
        onConnect={connect}
        onConnectEnd={pickAtEnd}
        onReconnect={(edge, to) =>
          to.target && perform({ kind: "connect", ...splitId(edge.id), to: to.target })
        }
        isValidConnection={isPossible}
        onNodeMouseEnter={(_, node) => look({ hovered: node.id })}
        onNodeMouseLeave={() => look({ hovered: null })}
        onPaneClick={() => look({ nodes: [], edge: null })}
        deleteKeyCode={DELETED_BY_US}
        defaultViewport={{ x: 0, y: 0, zoom: 1 }}
        minZoom={0.15}
        maxZoom={1.6}
        nodeDragThreshold={3}
        connectionRadius={28}
        selectionKeyCode="Shift"
        multiSelectionKeyCode={["Meta", "Control", "Shift"]}
        onlyRenderVisibleElements={nodes.length > 60}
        proOptions={{ hideAttribution: true }}
        ariaLabelConfig={{
          "node.a11yDescription.default": t("node_help"),
          "edge.a11yDescription.default": t("edge_help"),
        }}
      >
        <Background variant={BackgroundVariant.Dots} gap={18} size={1.6} color="var(--dot)" />
        <Spans boxes={boxes} places={places} />
      </ReactFlow>
    </section>
  );
}

/** The document as React Flow elements; positions of a drag in progress live here only. */
function useElements() {
  const [places, setPlaces] = useState(NO_DRAG);
  const draft = useDocument((document) => document.history.now);
  const components = useDocument((document) => document.components);
  const verified = useDocument((document) => document.verified);
  const { nodes: selected, edge, hovered, witness } = useView(useShallow(drawnPart));
  const before = useRef<{ cards: CardNode[]; lines: LineEdge[] }>({ cards: [], lines: [] });

  const drawn = drawnEdges(draft, components, verified);
  const boxes = boxesOf(draft, components, verified);
  const cards = useMemo(
    () =>
      cardNodes(
        { draft, components, verified, drawn, boxes, selected, witness },
        before.current.cards,
      ),
    [draft, components, verified, drawn, boxes, selected, witness],
  );
  const edges = useMemo(
    () => lineEdges({ drawn, selected, hovered, edge, witness }, before.current.lines),
    [drawn, selected, hovered, edge, witness],
  );
  const nodes = useMemo(
    () => (places === NO_DRAG ? cards : [...dragged(cards, places)]),
    [cards, places],
  );
  useEffect(() => {
    before.current = { cards, lines: edges };
  }, [cards, edges]);

  const onNodesChange = useCallback((changes: NodeChange<CardNode>[]) => {
    const moved = changes.filter(
      (change) => change.type === "position" && change.position !== undefined,
    );
    const to = Object.fromEntries(
      moved.flatMap((change) =>
        change.type === "position" && change.position ? [[change.id, change.position]] : [],
      ),
    );
    const isDragging = moved.some(
      (change) => change.type === "position" && change.dragging === true,
    );
    if (isDragging) setPlaces((was) => ({ ...was, ...to }));
    else if (moved.length > 0) {
      setPlaces(NO_DRAG);
      moveTo(to);
    }
    select(changes);
  }, []);
  return { nodes, edges, boxes, places, onNodesChange };
}

/** What of the view the canvas is drawn from. */
function drawnPart({ nodes, edge, hovered, witness }: View) {
  return { nodes, edge, hovered, witness };
}

/** Keyboard moves come here too: each is one step, and a place that did not change is none. */
function moveTo(places: Readonly<Record<string, Point>>): void {
  const { layout } = draftNow();
  const rounded = Object.entries(places).map(
    ([id, at]) => [id, { x: Math.round(at.x), y: Math.round(at.y) }] as const,
  );
  const changed = rounded.filter(
    ([id, at]) => layout.nodes[id]?.x !== at.x || layout.nodes[id]?.y !== at.y,
  );
  if (changed.length > 0) perform({ kind: "move", to: Object.fromEntries(changed) });
}

function select(changes: readonly NodeChange<CardNode>[]): void {
  const picked = changes.flatMap((change) => (change.type === "select" ? [change] : []));
  if (picked.length === 0) return;
  const gone = new Set(picked.filter((change) => !change.selected).map((change) => change.id));
  const added = picked.filter((change) => change.selected).map((change) => change.id);
  look(({ nodes, edge }) => ({
    nodes: [...nodes.filter((id) => !gone.has(id) && !added.includes(id)), ...added],
    edge: added.length > 0 ? null : edge,
    focusField: null,
  }));
}

function selectEdge(changes: EdgeChange<LineEdge>[]): void {
  const picked = changes.find((change) => change.type === "select" && change.selected);
  const left = changes.find((change) => change.type === "select" && !change.selected);
  if (picked?.type === "select") look({ edge: splitId(picked.id), nodes: [] });
  else if (left) look({ edge: null });
}

function splitId(id: string): { from: string; outcome: string } {
  const [from = "", outcome = ""] = id.split("|");
  return { from, outcome };
}

function connect({ source, sourceHandle, target }: Connection): void {
  if (sourceHandle) perform({ kind: "connect", from: source, outcome: sourceHandle, to: target });
}

/** Let go over a card's body: that card. Over nothing: offer the components that could stand there. */
function pickAtEnd(event: MouseEvent | TouchEvent, state: FinalConnectionState): void {
  const { fromNode, fromHandle, toNode } = state;
  if (toNode || !fromNode || fromHandle?.type !== "source" || !fromHandle.id) return;
  const from = { from: fromNode.id, outcome: fromHandle.id };
  const at = "changedTouches" in event ? event.changedTouches[0] : event;
  const over = at && under(at.clientX, at.clientY, ".react-flow__node");
  if (!over) look({ pick: { kind: "after", ...from } });
  else if (isPossible({ target: over })) perform({ kind: "connect", ...from, to: over });
}

function isPossible({ target }: { readonly target: string }): boolean {
  const node = draftNow().graph.nodes.find((one) => one.id === target);
  return node !== undefined && !useDocument.getState().components.get(node.component)?.entry;
}

function allowDrop(event: DragEvent): void {
  if (!event.dataTransfer.types.includes(DRAG_TYPE)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
}

function lineUnder(x: number, y: number): { from: string; outcome: string } | null {
  const id = under(x, y, ".react-flow__edge");
  return id ? splitId(id) : null;
}

/** The id of the topmost React Flow element of this kind below a point of the window. */
function under(x: number, y: number, selector: string): string | null {
  const found = document
    .elementsFromPoint(x, y)
    .map((element) => element.closest<HTMLElement>(selector));
  return found.find((element) => element !== null)?.dataset.id ?? null;
}
