import { describe, expect, test } from "vitest";
import { backEdges, signOf, spans } from "./analysis";
import { arrange } from "./arrange";
import { apply, clip, paste } from "./commands";
import { diff, merge } from "./diff";
import { type Box, cardHeight, corners, planLines, roundedPath } from "./geometry";
import { act, begin, redo, undo } from "./history";
import { mediaOf, unlike } from "./media";
import {
  type Draft,
  EMPTY_DRAFT,
  type FlowNode,
  newNodeId,
  readDraft,
  sameJson,
  targetOf,
} from "./model";
import { spanOutline } from "./outline";

function node(id: string, component = "script.read"): FlowNode {
  return { id, component, version: "1.0.0", title: {}, config: {} };
}

/** a -> b -> c in one row. */
function line(): Draft {
  const edges = [
    { from: "a", outcome: "ok", to: "b" },
    { from: "b", outcome: "ok", to: "c" },
  ];
  const nodes = { a: { x: 0, y: 0 }, b: { x: 208, y: 0 }, c: { x: 416, y: 0 } };
  return {
    graph: { ...EMPTY_DRAFT.graph, start: "a", nodes: [node("a"), node("b"), node("c")], edges },
    layout: { nodes, notes: {} },
  };
}

describe("commands", () => {
  test("the first card added is the start", () => {
    const draft = apply(EMPTY_DRAFT, {
      kind: "add",
      node: node("link", "entry.link"),
      at: { x: 1, y: 2 },
    });

    expect([draft.graph.start, draft.layout.nodes.link]).toEqual(["link", { x: 1, y: 2 }]);
  });

  test("an outcome leads to one card: connecting again moves it", () => {
    const draft = apply(line(), { kind: "connect", from: "a", outcome: "ok", to: "c" });

    expect(draft.graph.edges).toHaveLength(2);
    expect(targetOf(draft.graph, "a", "ok")).toBe("c");
  });

  test("a connection to a card that is not there changes nothing", () => {
    const draft = line();

    expect(apply(draft, { kind: "connect", from: "a", outcome: "ok", to: "nowhere" })).toBe(draft);
  });

  test("removing a card takes its edges, its place and its boundaries with it", () => {
    const before = apply(line(), {
      kind: "boundaries",
      boundaries: [{ on: "customer_drop", scope: "b", after_s: 90, to: "c" }],
    });

    const after = apply(before, { kind: "remove", nodes: ["b"], edges: [] });

    expect(after.graph.edges).toEqual([]);
    expect(after.graph.boundaries).toEqual([]);
    expect(Object.keys(after.layout.nodes)).toEqual(["a", "c"]);
  });

  test("inserting on an edge joins both sides and makes room to the right instead of landing on a card", () => {
    const draft = apply(line(), {
      kind: "insert",
      node: node("x"),
      at: { x: 208, y: 0 },
      on: { from: "a", outcome: "ok" },
      leave: "ok",
      push: 208,
    });

    expect([targetOf(draft.graph, "a", "ok"), targetOf(draft.graph, "x", "ok")]).toEqual([
      "x",
      "b",
    ]);
    expect(draft.layout.nodes).toMatchObject({
      a: { x: 0 },
      x: { x: 208 },
      b: { x: 416 },
      c: { x: 624 },
    });
  });

  test("a pasted copy has its own names and its own inner edges", () => {
    const draft = line();

    const pasted = paste(draft, clip(draft, ["a", "b"]), { x: 40, y: 40 });

    expect(pasted.ids).toEqual(["read", "read_2"]);
    expect(targetOf(pasted.draft.graph, "read", "ok")).toBe("read_2");
    expect(pasted.draft.graph.nodes).toHaveLength(5);
  });

  test("a setting that is taken back is gone, not null", () => {
    const set = apply(line(), { kind: "configure", node: "a", key: "limit", value: 3 });

    expect(
      apply(set, { kind: "configure", node: "a", key: "limit", value: undefined }).graph.nodes[0]
        ?.config,
    ).toEqual({});
  });

  test("names are slugs of the component and never taken twice", () => {
    expect(newNodeId(new Set(["ask", "ask_2"]), "consent.ask")).toBe("ask_3");
  });
});

describe("history", () => {
  test("one action is one step, there and back", () => {
    const start = begin(line());
    const removed = act(start, { kind: "remove", nodes: ["b"], edges: [] }, 0);

    expect(undo(removed).now).toBe(start.now);
    expect(redo(undo(removed)).now).toBe(removed.now);
  });

  test("typing in one field is one step, another field another", () => {
    const typed = ["H", "He", "Hel"].reduce(
      (history, value, index) =>
        act(history, { kind: "configure", node: "a", key: "text", value }, index * 100),
      begin(line()),
    );
    const other = act(typed, { kind: "configure", node: "a", key: "limit", value: 1 }, 400);

    expect([typed.past.length, other.past.length]).toEqual([1, 2]);
  });

  test("a command that changes nothing is no step", () => {
    const history = begin(line());

    expect(act(history, { kind: "retitle", node: "nobody", title: {} }, 0)).toBe(history);
  });
});

describe("diff and merge", () => {
  test("a limit of a step is a change, and letting it go leaves no trace", () => {
    const timed = apply(line(), { kind: "limit", node: "a", sla_s: 60 });

    expect(diff(line().graph, timed.graph)).toEqual([
      { kind: "node_configured", node: "a", key: "sla_s" },
    ]);
    expect(apply(timed, { kind: "limit", node: "a", sla_s: 0 })).toEqual(line());
  });

  test("a limit that one side set and the other did not touch is kept", () => {
    const timed = apply(line(), { kind: "limit", node: "a", sla_s: 60 });

    const both = merge(line(), line(), timed);

    expect(both.draft.graph.nodes[0]?.sla_s).toBe(60);
    expect(merge(timed, timed, line()).draft.graph.nodes[0]).not.toHaveProperty("sla_s");
  });

  test("what a step says about the media is a change, merged setting by setting", () => {
    const mine = apply(line(), { kind: "media", node: "a", media: { max_height: 480 } });
    const theirs = apply(line(), { kind: "media", node: "a", media: { audio_only: false } });

    expect(diff(line().graph, mine.graph)).toEqual([
      { kind: "node_configured", node: "a", key: "media/max_height" },
    ]);
    expect(merge(line(), mine, theirs).draft.graph.nodes[0]?.media).toEqual({
      max_height: 480,
      audio_only: false,
    });
    expect(merge(mine, mine, line()).draft.graph.nodes[0]).not.toHaveProperty("media");
    expect(apply(mine, { kind: "media", node: "a", media: {} })).toEqual(line());
  });

  test("only what is not as usual is kept of the media of a flow", () => {
    const usual = mediaOf({});

    expect(unlike({ ...usual, max_height: 360 }, usual)).toEqual({ max_height: 360 });
    expect(mediaOf({ media: { max_height: 480 } }, { max_kbps: 300 })).toMatchObject({
      max_height: 480,
      max_kbps: 300,
      codec: "vp8",
    });
    expect(mediaOf({ media: "loud" })).toEqual(usual);
  });

  test("moving a card is not a change", () => {
    expect(
      diff(line().graph, apply(line(), { kind: "move", to: { a: { x: 9, y: 9 } } }).graph),
    ).toEqual([]);
  });

  test("changes are named by what they touch", () => {
    const after = apply(apply(line(), { kind: "configure", node: "a", key: "text", value: "x" }), {
      kind: "connect",
      from: "a",
      outcome: "ok",
      to: "c",
    });

    expect(diff(line().graph, after.graph)).toEqual([
      { kind: "node_configured", node: "a", key: "text" },
      { kind: "edge_moved", node: "a", outcome: "ok", to: "c" },
    ]);
  });

  test("what both sides did is kept", () => {
    const mine = apply(line(), { kind: "configure", node: "a", key: "text", value: "mine" });
    const theirs = apply(line(), { kind: "configure", node: "a", key: "limit", value: 3 });

    const merged = merge(line(), mine, theirs);

    expect(merged.conflicts).toEqual([]);
    expect(merged.draft.graph.nodes[0]?.config).toEqual({ text: "mine", limit: 3 });
  });

  test("the same setting changed twice is a conflict and mine stands", () => {
    const mine = apply(line(), { kind: "configure", node: "a", key: "text", value: "mine" });
    const theirs = apply(line(), { kind: "configure", node: "a", key: "text", value: "theirs" });

    const merged = merge(line(), mine, theirs);

    expect(merged.conflicts).toEqual([{ kind: "node_configured", node: "a", key: "text" }]);
    expect(merged.draft.graph.nodes[0]?.config).toEqual({ text: "mine" });
  });

  test("a card I changed survives their removal, and no edge hangs loose", () => {
    const mine = apply(line(), { kind: "configure", node: "b", key: "text", value: "mine" });
    const theirs = apply(line(), { kind: "remove", nodes: ["b", "c"], edges: [] });

    const merged = merge(line(), mine, theirs).draft.graph;

    expect(merged.nodes.map((one) => one.id).sort()).toEqual(["a", "b"]);
    expect(merged.edges).toEqual([]);
  });
});

describe("analysis", () => {
  const traits = { span: null, closes: null, end: false, bounded: false, outcomes: [{ id: "ok" }] };

  test("an edge to an earlier card is a back edge", () => {
    const draft = apply(line(), { kind: "connect", from: "c", outcome: "again", to: "a" });

    expect([...backEdges(draft.graph)]).toEqual([{ from: "c", outcome: "again", to: "a" }]);
  });

  test("a span covers from its opener to its closer, by the first outcome only", () => {
    const { graph } = line();
    const named = {
      ...graph,
      nodes: [node("a", "rec.start"), node("b"), node("c", "rec.stop"), node("d")],
      edges: [{ from: "a", outcome: "fail", to: "d" }, ...graph.edges],
    };
    const of = (component: string) => ({
      ...traits,
      span: component === "rec.start" ? "recording" : null,
      closes: component === "rec.stop" ? "recording" : null,
    });

    expect([...(spans(named, of)[0]?.nodes ?? [])]).toEqual(["a", "b", "c"]);
  });

  test("ways to an end rest as its sign, loops of failure as a hook", () => {
    expect(signOf({ ...traits, end: true, component: "end.reject" }, "negative", false)).toBe(
      "reject",
    );
    expect(signOf({ ...traits, component: "script.read" }, "negative", true)).toBe("back");
    expect(signOf({ ...traits, component: "script.read" }, "positive", true)).toBeNull();
  });
});

describe("geometry", () => {
  const box = (id: string, x: number, y: number): Box => ({ id, x, y, outcomes: ["ok", "no"] });

  test("a card is 62 plus 20 for each outcome", () => {
    expect(cardHeight(3)).toBe(122);
  });

  test("neighbours in a row are joined straight, the next row by a lane below", () => {
    const boxes = [box("a", 0, 0), box("b", 208, 0), box("c", 0, 180)];
    const ab = { from: "a", outcome: "ok", to: "b" };
    const bc = { from: "b", outcome: "ok", to: "c" };

    const plans = planLines(boxes, [ab, bc]);

    expect([plans.get(ab)?.lane, plans.get(bc)?.lane]).toEqual([null, 114]);
    expect(corners({ x: 168, y: 66 }, { x: 208, y: 66 }, { lane: null, out: 15 })).toHaveLength(2);
  });

  test("lines to different cards below one row keep apart, lines to one card share a lane", () => {
    const boxes = [box("a", 0, 0), box("b", 208, 0), box("c", 0, 180), box("d", 208, 180)];
    const lines = [
      { from: "b", outcome: "ok", to: "c" },
      { from: "b", outcome: "no", to: "d" },
      { from: "a", outcome: "no", to: "c" },
    ];

    const lanes = [...planLines(boxes, lines).values()].map((plan) => plan.lane);

    expect(lanes).toEqual([114, 121, 114]);
  });

  test("an outline is one ring around rows that touch", () => {
    const rings = spanOutline([box("b", 208, 0), box("c", 0, 180), box("d", 208, 180)]);

    expect(rings).toHaveLength(1);
    expect(rings[0]).toHaveLength(6);
  });

  test("cards far apart get a ring each", () => {
    expect(spanOutline([box("a", 0, 0), box("b", 900, 0)])).toHaveLength(2);
  });

  test("a path is rounded at its corners only", () => {
    expect(
      roundedPath(
        [
          { x: 0, y: 0 },
          { x: 20, y: 0 },
          { x: 20, y: 20 },
        ],
        9,
      ),
    ).toBe("M0 0 L11 0 Q20 0 20 9 L20 20");
  });

  test("tidy fills rows in order and puts ends last", () => {
    const ranks = { a: { x: 0, y: 0 }, b: { x: 2, y: 0 }, c: { x: 1, y: 0 } };

    const placed = arrange(
      line().graph,
      ranks,
      2,
      (id) => id === "a",
      () => 1,
    );

    expect(placed).toEqual({ c: { x: 24, y: 32 }, b: { x: 232, y: 32 }, a: { x: 24, y: 212 } });
  });
});

test("a flat layout and missing lists are read", () => {
  const draft = readDraft({
    graph: { start: "a", nodes: [node("a")] },
    layout: { a: { x: 1, y: 2 } },
  });

  expect([draft.graph.edges, draft.layout]).toEqual([
    [],
    { nodes: { a: { x: 1, y: 2 } }, notes: {} },
  ]);
  expect(sameJson({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 })).toBe(true);
});
