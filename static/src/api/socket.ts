/** The run socket and the desk socket of a browser: typed verbs over one `Line`, and a store of what is known. */

import type { Connection } from "./socket_backoff";
import { here, Line, type Surroundings, socketAddress, type Wire } from "./socket_line";
import { makeStore, type Store, type WritableStore } from "./socket_store";
import type {
  ActResult,
  Desk,
  DeskMessage,
  DeskYou,
  JsonObject,
  Locale,
  MediaMessage,
  Network,
  Presence,
  RefusalReason,
  RelayServer,
  Role,
  RunMessage,
  Stats,
  View,
} from "./socket_types";

export type { Connection, EndedWhy } from "./socket_backoff";
export type { Store } from "./socket_store";
export * from "./socket_types";

export interface RunState {
  readonly connection: Connection;
  readonly you: { readonly participant: string; readonly role: Role } | null;
  readonly seq: number;
  readonly view: View | null;
  /** By participant, as the others' clients told it last. */
  readonly network: Readonly<Record<string, Network>>;
  /** Add it to this machine's clock to have the site's. */
  readonly skew_ms: number;
  /** Time the line was last lost, by this machine's clock; null while it stands. */
  readonly lost_at_ms: number | null;
  /** Ways round a network that lets no UDP through; the site sends new ones before these run out. */
  readonly relays: readonly RelayServer[];
}

export const NEW_RUN: RunState = {
  connection: { state: "idle" },
  you: null,
  seq: 0,
  view: null,
  network: {},
  skew_ms: 0,
  lost_at_ms: null,
  relays: [],
};

export interface SocketOptions {
  readonly locale: () => Locale;
  readonly surroundings?: Partial<Surroundings>;
}

/** What a message changes. A view older than the one held is an echo of a slow path and is passed over. */
export function hearRun(state: RunState, message: RunMessage, now_ms: number): RunState {
  switch (message.type) {
    case "welcome": {
      const skew_ms = message.now_ms === undefined ? state.skew_ms : message.now_ms - now_ms;
      return { ...state, you: message.you, skew_ms };
    }
    case "view":
      return message.seq < state.seq ? state : { ...state, seq: message.seq, view: message.view };
    case "network": {
      const { type: _, participant, ...network } = message;
      return { ...state, network: { ...state.network, [participant]: network } };
    }
    case "media":
      return message.servers === undefined ? state : { ...state, relays: message.servers };
    case "ack":
    case "refused":
    case "pong":
      return state;
    default:
      return unheard(message, state);
  }
}

/** A newer site may say more than this page knows; it must not break it. The type still closes the union. */
function unheard<T>(_message: never, state: T): T {
  return state;
}

export function connectionChanged(
  state: RunState,
  connection: Connection,
  now_ms: number,
): RunState {
  if (connection.state === "open") return { ...state, connection, lost_at_ms: null };
  if (state.connection.state === "open") return { ...state, connection, lost_at_ms: now_ms };
  return { ...state, connection };
}

export function actResult(answer: Wire | null): ActResult {
  if (answer === null) return { ok: false, reason: "no_answer", message: "", field: null };
  if (answer.type === "ack") return { ok: true, seq: Number(answer.seq) };
  return {
    ok: false,
    reason: answer.reason as RefusalReason,
    message: String(answer.message ?? ""),
    field: (answer.field as string | null | undefined) ?? null,
  };
}

/** A media answer, or why there is none. */
export type MediaResult =
  | { readonly ok: true; readonly answer: MediaMessage }
  | { readonly ok: false; readonly reason: RefusalReason };

const MEDIA_LIMIT_MS = 10_000;
const SHOWN_LIMIT_MS = 12_000;

export class RunSocket implements Store<RunState> {
  private readonly line: Line;
  private readonly store: WritableStore<RunState> = makeStore(NEW_RUN);
  private readonly mediaListeners = new Set<(message: MediaMessage) => void>();
  private readonly tab: string;

  /** `path` is `/ws/run/<run>/`, as the join answer and the desk give it. */
  constructor(path: string, options: SocketOptions) {
    const world = { ...here, ...options.surroundings };
    this.tab = world.uuid();
    this.line = new Line({
      url: socketAddress(path),
      hello: () => ({
        type: "hello",
        protocol: 1,
        seq: this.get().seq,
        locale: options.locale(),
        tab: this.tab,
      }),
      onMessage: (message) => this.hear(message as unknown as RunMessage, world.now()),
      onConnection: (connection) =>
        this.store.update((state) => connectionChanged(state, connection, world.now())),
      surroundings: world,
    });
  }

  readonly get = (): RunState => this.store.get();
  readonly subscribe = (listener: () => void): (() => void) => this.store.subscribe(listener);

  start(): void {
    this.line.start();
  }

  stop(): void {
    this.line.stop();
  }

  reconnect(): void {
    this.line.reconnect();
  }

  /** The site's clock as well as it is known here. */
  now(): number {
    return Date.now() + this.get().skew_ms;
  }

  /** Resolves when the site has answered and, where it took the act, the view shows what became of it. */
  async act(activity: string, action: string, data: JsonObject = {}): Promise<ActResult> {
    const result = actResult(await this.line.ask({ type: "act", activity, action, data }, true));
    if (result.ok) await this.shows(result.seq);
    return result;
  }

  /** The participant pressed Leave or End: nobody need wait for a return. */
  async leave(): Promise<ActResult> {
    return actResult(await this.line.ask({ type: "leave" }, true, 10_000));
  }

  /** Media requests do not outlive a lost line: the media client knows better what to ask after a resume. */
  async media(
    op: "offer" | "restart",
    fields: { sdp: string; generation: number },
  ): Promise<MediaResult> {
    const answer = await this.line.ask({ type: "media", op, ...fields }, false, MEDIA_LIMIT_MS);
    if (answer === null) return { ok: false, reason: "no_answer" };
    if (answer.type === "refused") return { ok: false, reason: answer.reason as RefusalReason };
    return { ok: true, answer: answer as unknown as MediaMessage };
  }

  /** Tells the others, and has the room hold it back: whatever was on its way is not heard either. */
  mute(audio: boolean, video: boolean): void {
    void this.line.ask({ type: "mute", audio, video }, true, 10_000);
  }

  /** A newcomer agrees to be recorded with the others. */
  async consent(): Promise<ActResult> {
    return actResult(await this.line.ask({ type: "consent" }, true, 10_000));
  }

  /** Answers an offer of the worker; `id` is the worker's. */
  answer(id: string, sdp: string): void {
    this.line.tell({ type: "media", id, op: "answer", sdp });
  }

  /** How far it is to regions where the call could run. */
  near(edges: readonly { region: string; rtt_ms: number }[]): void {
    this.line.tell({ type: "media", id: crypto.randomUUID(), op: "near", edges });
  }

  stats(stats: Stats): void {
    this.line.tell({ type: "stats", ...stats });
  }

  /** Hears what the site says about media by itself: `offer` and `interrupted`. */
  onMedia(listener: (message: MediaMessage) => void): () => void {
    this.mediaListeners.add(listener);
    return () => this.mediaListeners.delete(listener);
  }

  /** The answer comes before the view, and a view whose hint was lost comes a round of the site later. */
  private shows(seq: number): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        const { connection, seq: shown } = this.get();
        if (shown >= seq || connection.state === "ended") done();
      };
      const forget = this.subscribe(look);
      const limit = setTimeout(() => done(), SHOWN_LIMIT_MS);
      const done = () => {
        forget();
        clearTimeout(limit);
        resolve();
      };
      look();
    });
  }

  private hear(message: RunMessage, now_ms: number): void {
    this.store.update((state) => hearRun(state, message, now_ms));
    if (message.type !== "media") return;
    for (const listener of this.mediaListeners) listener(message);
  }
}

export interface DeskState {
  readonly connection: Connection;
  readonly you: DeskYou | null;
  readonly desk: Desk | null;
  readonly skew_ms: number;
}

export const NEW_DESK: DeskState = {
  connection: { state: "idle" },
  you: null,
  desk: null,
  skew_ms: 0,
};

export function hearDesk(state: DeskState, message: DeskMessage, now_ms: number): DeskState {
  switch (message.type) {
    case "welcome": {
      const skew_ms = message.now_ms === undefined ? state.skew_ms : message.now_ms - now_ms;
      return { ...state, you: message.you, skew_ms };
    }
    case "desk":
      return { ...state, desk: message.desk };
    case "ack":
    case "refused":
    case "pong":
      return state;
    default:
      return unheard(message, state);
  }
}

export class DeskSocket implements Store<DeskState> {
  private readonly line: Line;
  private readonly store: WritableStore<DeskState> = makeStore(NEW_DESK);

  constructor(options: SocketOptions, path = "/ws/desk/") {
    const world = { ...here, ...options.surroundings };
    const tab = world.uuid();
    this.line = new Line({
      url: socketAddress(path),
      hello: () => ({ type: "hello", protocol: 1, locale: options.locale(), tab }),
      onMessage: (message) =>
        this.store.update((state) =>
          hearDesk(state, message as unknown as DeskMessage, world.now()),
        ),
      onConnection: (connection) => this.store.update((state) => ({ ...state, connection })),
      surroundings: world,
    });
  }

  readonly get = (): DeskState => this.store.get();
  readonly subscribe = (listener: () => void): (() => void) => this.store.subscribe(listener);

  start(): void {
    this.line.start();
  }

  stop(): void {
    this.line.stop();
  }

  reconnect(): void {
    this.line.reconnect();
  }

  now(): number {
    return Date.now() + this.get().skew_ms;
  }

  async presence(status: Extract<Presence, "available" | "away">): Promise<ActResult> {
    return actResult(await this.line.ask({ type: "presence", status }, true, 10_000));
  }

  async act(
    run: string,
    activity: string,
    action: "accept" | "decline",
    data: JsonObject = {},
  ): Promise<ActResult> {
    return actResult(
      await this.line.ask({ type: "act", run, activity, action, data }, true, 20_000),
    );
  }
}
