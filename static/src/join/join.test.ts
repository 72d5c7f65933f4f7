import { expect, test } from "vitest";
import { NEW_RUN, type RunState, type View } from "../api/socket";
import { brandColors, luminance, parseColor } from "./brand";
import { isCovered } from "./keyboard";
import { type Known, placeOf, recordingSince, screenOf } from "./screen";

const room = { generation: 1, interrupted: false };
const agent = { id: "a", role: "agent", name: "Daniel", staff_no: "1", present: true, since_ms: 0 };

function view(change: object = {}): View {
  const run = { status: "open", ending: null };
  const empty = {
    run,
    people: [],
    steps: [],
    activities: [],
    spans: [],
    room: null,
    incident: null,
    early: [],
  };
  return { ...empty, ...change } as unknown as View;
}

const panel = (kind: string) => ({ activities: [{ id: `${kind}.1`, panel: kind }] });

function shown(state: Partial<RunState>, known: Partial<Known> = {}): string {
  const run = { ...NEW_RUN, connection: { state: "open" } as const, ...state };
  const screen = screenOf({ run, call: "idle", has_left: false, now_ms: 10_000, ...known });
  return "who" in screen ? `${screen.kind} ${screen.who}` : screen.kind;
}

test("before the first view the page says so, and later that nobody answers", () => {
  const waiting = { state: "waiting", retry_at_ms: 0, reason: "closed" } as const;

  expect(shown({})).toBe("opening");
  expect(shown({ connection: { ...waiting, attempt: 1 } })).toBe("opening");
  expect(shown({ connection: { ...waiting, attempt: 2 } })).toBe("unreachable");
});

test("check, line and connecting fill the page; consent stands in a sheet", () => {
  const kinds = ["device_check", "queue", "connecting", "consent"];

  expect(kinds.map((kind) => shown({ view: view(panel(kind)) }))).toEqual([
    "page",
    "page",
    "page",
    "sheet",
  ]);
  expect(shown({ view: view() })).toBe("moment");
});

test("a room with an agent is a call, with a panel or without", () => {
  const call = view({ room, people: [agent] });

  expect(shown({ view: call }, { call: "connected" })).toBe("call");
  expect(shown({ view: view({ room, people: [agent], ...panel("form") }) })).toBe("call");
});

test("a run that stands still is a calm page, and in a call only its steps give way", () => {
  const still = (status: string, more = {}) =>
    view({ run: { status, ending: null }, ...panel("consent"), ...more });

  expect(shown({ view: still("incident") })).toBe("paused");
  expect(shown({ view: still("suspended") })).toBe("paused");
  expect(shown({ view: still("open") })).toBe("sheet");
  const below = { incident: { code: "expression", node: "a1b2c3d4/limit" } };
  expect(shown({ view: still("open", { ...below, activities: [] }) })).toBe("paused");
  expect(shown({ view: still("open", below) })).toBe("sheet");
  const run = { ...NEW_RUN, connection: { state: "open" } as const };
  const call = still("suspended", { room, people: [agent] });
  const known = { call: "connected", has_left: false, now_ms: 0 } as const;
  expect(screenOf({ run: { ...run, view: call }, ...known })).toEqual({
    kind: "call",
    activity: null,
    pause: "suspended",
  });
});

test("a wait fills the page until there is a call to stand in", () => {
  expect(shown({ view: view(panel("wait")) })).toBe("page");
  expect(shown({ view: view({ room, people: [agent], ...panel("wait") }) })).toBe("call");
});

test("a lost line is a curtain only where no call goes on beside it", () => {
  const lost = { view: view({ room, people: [agent] }), lost_at_ms: 8000 };

  expect(shown(lost, { call: "connected" })).toBe("call");
  expect(shown(lost, { call: "connecting" })).toBe("reconnecting you");
  expect(shown({ ...lost, lost_at_ms: 9000 }, { call: "connecting" })).toBe("call");
});

test("an interrupted room and an absent agent are told apart", () => {
  const moved = view({ room: { ...room, interrupted: true }, people: [agent] });
  const away = view({ room, people: [{ ...agent, present: false }] });

  expect(shown({ view: moved })).toBe("reconnecting you");
  expect(shown({ view: away })).toBe("reconnecting agent");
});

test("the end of the run comes before everything else", () => {
  const ending = { kind: "success", code: "done", message: {}, next_step: {}, at_ms: 0 };
  const over = view({ run: { status: "closed", ending } });

  expect(shown({ view: over, connection: { state: "ended", why: "done" } })).toBe("ended");
});

test.each([
  ["other_tab", "other_tab"],
  ["signed_out", "unusable"],
  ["not_found", "unusable"],
  ["malformed", "stopped"],
  ["left", "left"],
] as const)("a line ended for %s shows %s", (why, kind) => {
  expect(shown({ view: view(), connection: { state: "ended", why } })).toBe(kind);
});

test("the step is counted among those the customer has", () => {
  const steps = ["done", "done", "current", "next"].map((state, n) => ({ node: `n${n}`, state }));

  expect(placeOf(view({ steps }))).toEqual({ at: 3, of: 4 });
  expect(placeOf(view())).toBeNull();
});

test("only a recording shows as one", () => {
  const presence = { name: "presence", activity: "p", since_ms: 1 };
  const recording = { name: "recording", activity: "r", since_ms: 2 };

  expect(recordingSince(view({ spans: [presence] }))).toBeNull();
  expect(recordingSince(view({ spans: [presence, recording] }))).toBe(2);
});

test("a brand too pale to read is darkened, and its text colour fits", () => {
  const colors = brandColors({ color: "#ffd400" }, false);
  const brand = /\d+/.exec(colors["--brand"] ?? "") ? colors["--brand"] : "";
  const parts = (brand ?? "").match(/\d+/g)?.map(Number) as unknown as [number, number, number];

  expect(1.05 / (luminance(parts) + 0.05)).toBeGreaterThanOrEqual(4.5);
  expect(colors["--on-brand"]).toBe("rgb(255 255 255)");
});

test("a brand without a colour keeps the page's own", () => {
  expect(brandColors({}, false)).toEqual({});
  expect(parseColor("red")).toBeNull();
});

test("a keyboard covers the page, an address bar does not", () => {
  expect([isCovered(430, 844), isCovered(760, 844)]).toEqual([true, false]);
});
