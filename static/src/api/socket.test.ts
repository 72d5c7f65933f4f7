import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connectionChanged, hearRun, NEW_RUN, RunSocket } from "./socket";
import { afterClose, BACKOFF_MAX_MS, BACKOFF_MIN_MS, backoff } from "./socket_backoff";
import type { View } from "./socket_types";

class FakeSocket {
  static readonly all: FakeSocket[] = [];
  readyState = 0;
  readonly sent: Record<string, unknown>[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor() {
    FakeSocket.all.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(): void {
    this.readyState = 3;
  }

  accept(seq = 0): void {
    this.readyState = 1;
    this.onopen?.();
    const you = { participant: "p1", role: "customer" };
    this.say({ type: "welcome", protocol: 1, run: "r", you, seq, heartbeat_s: 15 });
  }

  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  fall(code: number): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

const view = (name: string) => ({ run: { id: name } }) as unknown as View;
const last = (): FakeSocket => FakeSocket.all.at(-1) as FakeSocket;

function connect(): RunSocket {
  let ids = 0;
  const socket = new RunSocket("/ws/run/r/", {
    locale: () => "en",
    surroundings: {
      open: () => new FakeSocket() as unknown as WebSocket,
      chance: () => 0,
      uuid: () => `id-${ids++}`,
    },
  });
  socket.start();
  return socket;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("location", { href: "https://bank.example/join" });
  FakeSocket.all.length = 0;
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a lost line resumes from the last seq in the same tab", async () => {
  const socket = connect();
  last().accept();
  last().say({ type: "view", seq: 7, view: view("a") });

  last().fall(1006);
  await vi.advanceTimersByTimeAsync(BACKOFF_MIN_MS);
  last().accept(7);

  expect(FakeSocket.all).toHaveLength(2);
  expect(last().sent[0]).toMatchObject({ type: "hello", protocol: 1, seq: 7, tab: "id-0" });
  expect(socket.get().connection).toEqual({ state: "open" });
});

test("an act without an answer is sent again, with its id, after a resume", async () => {
  const socket = connect();
  last().accept();
  const result = socket.act("consent.1", "agree");
  const first = last().sent.at(-1);

  last().fall(1006);
  await vi.advanceTimersByTimeAsync(BACKOFF_MIN_MS);
  last().accept();

  expect(last().sent.at(-1)).toEqual(first);
  last().say({ type: "ack", id: first?.id, seq: 9 });
  last().say({ type: "view", seq: 9, view: view("a") });
  await expect(result).resolves.toEqual({ ok: true, seq: 9 });
});

test("an act pressed while the line is away goes out when it is back", () => {
  const socket = connect();
  void socket.act("a.1", "submit", { x: 1 });

  last().accept();

  expect(last().sent.at(-1)).toMatchObject({ type: "act", activity: "a.1", data: { x: 1 } });
});

test("a refusal comes back as a value with its field", async () => {
  const socket = connect();
  last().accept();
  const result = socket.act("form.1", "submit");

  const refusal = { reason: "invalid_data", message: "Missing", field: "/phone" };
  last().say({ type: "refused", id: last().sent.at(-1)?.id, ...refusal });

  await expect(result).resolves.toEqual({ ok: false, ...refusal });
});

test.each(["again", "too_fast"])(
  "what is refused as %s is tried again with the same id before anyone hears of it",
  async (reason) => {
    const socket = connect();
    last().accept();
    const result = socket.act("form.1", "submit");
    const sent = last().sent.at(-1);

    last().say({ type: "refused", id: sent?.id, reason, message: "", field: null });
    await vi.advanceTimersByTimeAsync(400);

    expect(last().sent.filter((message) => message.id === sent?.id)).toHaveLength(2);
    last().say({ type: "ack", id: sent?.id, seq: 3 });
    last().say({ type: "view", seq: 3, view: view("a") });
    await expect(result).resolves.toEqual({ ok: true, seq: 3 });
  },
);

test("an act is over when the view shows it, not when the site has heard it", async () => {
  const socket = connect();
  last().accept();
  const over: unknown[] = [];
  void socket.act("form.1", "edit", { field: "phone" }).then((result) => over.push(result));

  last().say({ type: "view", seq: 2, view: view("before") });
  last().say({ type: "ack", id: last().sent.at(-1)?.id, seq: 3 });
  await vi.advanceTimersByTimeAsync(0);

  expect(over).toEqual([]);
  last().say({ type: "view", seq: 4, view: view("after") });
  await vi.advanceTimersByTimeAsync(0);
  expect(over).toEqual([{ ok: true, seq: 3 }]);
});

test("a request says first who it is, however much it carries", () => {
  const socket = connect();
  last().accept();

  void socket.act("form.1", "edit", { text: "x".repeat(1000) });

  expect(Object.keys(last().sent.at(-1) ?? {})[0]).toBe("id");
});

test("a view that never comes holds up no one for good", async () => {
  const socket = connect();
  last().accept();
  const result = socket.act("form.1", "edit");

  last().say({ type: "ack", id: last().sent.at(-1)?.id, seq: 3 });
  await vi.advanceTimersByTimeAsync(12_000);

  await expect(result).resolves.toEqual({ ok: true, seq: 3 });
});

test("what came too fast to be read is sent again a little later", async () => {
  const socket = connect();
  last().accept();
  void socket.act("form.1", "edit", { field: "phone" });
  const sent = last().sent.at(-1);

  const unread = { id: null, reason: "too_fast", message: "", field: null };
  last().say({ type: "refused", ...unread });
  last().say({ type: "refused", ...unread });
  await vi.advanceTimersByTimeAsync(1000);

  expect(last().sent.filter((message) => message.id === sent?.id)).toHaveLength(2);
});

test("a media request does not outlive the line", async () => {
  const socket = connect();
  last().accept();
  const answer = socket.media("offer", { sdp: "v=0", generation: 1 });

  last().fall(1006);

  await expect(answer).resolves.toEqual({ ok: false, reason: "no_answer" });
});

test("an offer of the worker reaches the listener and is answered with the worker's id", () => {
  const socket = connect();
  last().accept();
  const heard: unknown[] = [];
  socket.onMedia((message) => heard.push(message.op));

  last().say({ type: "media", id: "w1", op: "offer", sdp: "v=0", generation: 1 });
  socket.answer("w1", "v=0 answer");

  expect(heard).toEqual(["offer"]);
  expect(last().sent.at(-1)).toEqual({ type: "media", id: "w1", op: "answer", sdp: "v=0 answer" });
});

test("a silent line is given up and opened anew", async () => {
  const socket = connect();
  last().accept();

  await vi.advanceTimersByTimeAsync(30_000 + BACKOFF_MIN_MS);

  expect(FakeSocket.all.length).toBeGreaterThan(1);
  expect(socket.get().lost_at_ms).not.toBeNull();
});

test("the heartbeat pings as often as the welcome says", async () => {
  connect();
  last().accept();

  await vi.advanceTimersByTimeAsync(15_000);

  expect(last().sent.at(-1)).toMatchObject({ type: "ping" });
});

test("the site is told what was read before it would hold too much for us", () => {
  connect();
  last().accept();

  for (let seq = 1; seq <= 31; seq++) last().say({ type: "view", seq, view: view("a") });
  last().say({ type: "view", seq: 32, view: view("x".repeat(70_000)) });

  const told = last().sent.filter((message) => message.type === "seen");
  expect(told).toEqual([
    { type: "seen", frames: 32 },
    { type: "seen", frames: 33 },
  ]);
});

test("what was read is counted anew on every line", async () => {
  connect();
  last().accept();
  last().fall(4414);
  await vi.advanceTimersByTimeAsync(BACKOFF_MIN_MS);
  last().accept();

  last().say({ type: "view", seq: 1, view: view("x".repeat(70_000)) });

  expect(last().sent.at(-1)).toEqual({ type: "seen", frames: 2 });
});

test.each([
  [1000, "done"],
  [4401, "signed_out"],
  [4404, "not_found"],
  [4409, "other_tab"],
])("close code %i ends the line as %s", async (code, why) => {
  const socket = connect();
  last().accept();
  const result = socket.act("a.1", "agree");

  last().fall(code);
  await vi.advanceTimersByTimeAsync(60_000);

  expect(FakeSocket.all).toHaveLength(1);
  expect(socket.get().connection).toEqual({ state: "ended", why });
  await expect(result).resolves.toMatchObject({ ok: false, reason: "no_answer" });
});

test("a run taken by another tab can be taken back", () => {
  const socket = connect();
  last().accept();
  last().fall(4409);

  socket.reconnect();
  last().accept();

  expect(socket.get().connection).toEqual({ state: "open" });
});

test("the wait before a return grows with full jitter to eight seconds", () => {
  expect(backoff(0, 0)).toBe(BACKOFF_MIN_MS);
  expect(backoff(3, 1)).toBe(2000);
  expect(backoff(40, 1)).toBe(BACKOFF_MAX_MS);
  expect(backoff(40, 0)).toBe(BACKOFF_MIN_MS);
});

test("a restarting site is asked again within two seconds, a hasty client waits five", () => {
  expect(afterClose(1012, 0, 1)).toMatchObject({ delay_ms: 2000, reason: "restarting" });
  expect(afterClose(4429, 0, 0)).toMatchObject({ delay_ms: 5000, reason: "too_fast" });
  expect(afterClose(4408, 0, 0)).toMatchObject({ step: "retry", reason: "closed" });
});

test.each([1006, 1011, 1013, 4408, 4414])(
  "after %i a client comes back with full jitter",
  (code) => {
    const soonest = afterClose(code, 0, 0);
    const latest = afterClose(code, 40, 1);

    expect(soonest).toEqual({ step: "retry", delay_ms: BACKOFF_MIN_MS, reason: "closed" });
    expect(latest).toEqual({ step: "retry", delay_ms: BACKOFF_MAX_MS, reason: "closed" });
  },
);

test("an older view never replaces a newer one", () => {
  const newer = hearRun(NEW_RUN, { type: "view", seq: 5, view: view("new") }, 0);

  const after = hearRun(newer, { type: "view", seq: 4, view: view("old") }, 0);

  expect(after).toBe(newer);
});

test("the moment of loss stays the first one while the line is retried", () => {
  const open = connectionChanged(NEW_RUN, { state: "open" }, 1);
  const retry = { state: "waiting", attempt: 1, retry_at_ms: 9, reason: "closed" } as const;
  const lost = connectionChanged(open, retry, 100);

  const trying = connectionChanged(lost, { state: "connecting", attempt: 1 }, 900);

  expect(trying.lost_at_ms).toBe(100);
  expect(connectionChanged(trying, { state: "open" }, 950).lost_at_ms).toBeNull();
});
