/**
 * A JSON WebSocket that comes back: greeting, heartbeat, backoff, and requests that outlive a lost line.
 *
 * A request stays pending until its answer comes, its limit passes, or the line ends for good. A durable one
 * (an act: its id is the event's key, so twice is once) is sent again after every resume.
 */

import { afterClose, type Connection, type EndedWhy } from "./socket_backoff";

export interface Greeting {
  readonly type: "welcome";
  readonly heartbeat_s: number;
}

export type Wire = {
  readonly type: string;
  readonly id?: string | null;
  readonly [key: string]: unknown;
};

/** What a line needs of the world; tests bring their own. */
export interface Surroundings {
  readonly open: (url: string) => WebSocket;
  readonly now: () => number;
  readonly chance: () => number;
  readonly uuid: () => string;
}

export interface LineOptions {
  readonly url: string;
  /** The first message after every connect; it carries the seq to resume from. */
  readonly hello: () => object;
  readonly onMessage: (message: Wire) => void;
  readonly onConnection: (connection: Connection) => void;
  readonly surroundings?: Partial<Surroundings>;
}

interface Pending {
  readonly message: object;
  readonly durable: boolean;
  readonly settle: (answer: Wire | null) => void;
  readonly limit: ReturnType<typeof setTimeout>;
  again: number;
}

const WELCOME_LIMIT_MS = 10_000;
const REQUEST_LIMIT_MS = 120_000;
const AGAIN_LIMIT = 4;
/** A message that came too fast was not read, so its refusal names nobody: all that is unanswered goes again. */
const SLOWER_MS = 1000;
/** So many frames, or characters of them, are read before the site is told: it bounds what it holds for us. */
const SEEN_FRAMES = 32;
const SEEN_CHARS = 65_536;
/** Our own code for a line that went silent: the site never sees a meaning in it. */
const SILENT = 4000;

export const here: Surroundings = {
  open: (url) => new WebSocket(url),
  now: () => Date.now(),
  chance: () => Math.random(),
  uuid: () => crypto.randomUUID(),
};

/** An absolute ws(s) address of this site for a path. */
export function socketAddress(path: string): string {
  const address = new URL(path, location.href);
  address.protocol = address.protocol === "http:" || address.protocol === "ws:" ? "ws:" : "wss:";
  return address.toString();
}

export class Line {
  private readonly options: LineOptions;
  private readonly world: Surroundings;
  private readonly pending = new Map<string, Pending>();
  private socket: WebSocket | null = null;
  private welcomed = false;
  private attempt = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private beat: ReturnType<typeof setInterval> | undefined;
  private slower: ReturnType<typeof setTimeout> | undefined;
  private heard_ms = 0;
  private frames = 0;
  private unsaid = { frames: 0, chars: 0 };
  private current: Connection = { state: "idle" };

  constructor(options: LineOptions) {
    this.options = options;
    this.world = { ...here, ...options.surroundings };
  }

  get connection(): Connection {
    return this.current;
  }

  start(): void {
    globalThis.addEventListener?.("online", this.onOnline);
    globalThis.addEventListener?.("offline", this.onOffline);
    this.open();
  }

  /** Ends the line for good; pending requests get `null`. */
  stop(why: EndedWhy = "left"): void {
    this.end(why);
  }

  /** Tries at once instead of waiting out the backoff; takes a run back from another tab. */
  reconnect(): void {
    if (this.current.state === "open" || this.current.state === "connecting") return;
    this.attempt = 0;
    if (this.current.state === "ended") this.start();
    else this.open();
  }

  /** Sends now or not at all: for pings and statistics. */
  tell(message: object): void {
    if (this.welcomed) this.write(message);
  }

  /** Resolves with the answer that carries the same id, or null when none came in time. */
  ask(
    message: { readonly [key: string]: unknown },
    durable: boolean,
    limit_ms = REQUEST_LIMIT_MS,
  ): Promise<Wire | null> {
    if (this.current.state === "ended") return Promise.resolve(null);
    const id = this.world.uuid();
    return new Promise((resolve) => {
      const limit = setTimeout(() => this.settle(id, null), limit_ms);
      this.pending.set(id, {
        // First, so that the site can say whom it refuses without reading further.
        message: { id, ...message },
        durable,
        settle: resolve,
        limit,
        again: 0,
      });
      if (this.welcomed) this.write({ id, ...message });
    });
  }

  private open(): void {
    clearTimeout(this.retry);
    this.become({ state: "connecting", attempt: this.attempt });
    const socket = this.world.open(this.options.url);
    this.socket = socket;
    this.heard_ms = this.world.now();
    this.frames = 0;
    this.unsaid = { frames: 0, chars: 0 };
    const late = setTimeout(() => this.drop(socket, SILENT), WELCOME_LIMIT_MS);
    socket.onopen = () => socket.send(JSON.stringify(this.options.hello()));
    socket.onmessage = (event) => {
      if (socket !== this.socket) return;
      clearTimeout(late);
      this.hear(String(event.data));
    };
    socket.onclose = (event) => {
      clearTimeout(late);
      if (socket === this.socket) this.closed(event.code);
    };
  }

  private hear(text: string): void {
    this.heard_ms = this.world.now();
    const message = JSON.parse(text) as Wire;
    if (message.type === "welcome") this.welcome(message as unknown as Greeting);
    const wanted = message.type === "ack" || message.type === "refused" || message.type === "media";
    if (wanted && typeof message.id === "string") this.answered(message.id, message);
    else if (message.type === "refused" && message.reason === "too_fast") this.slowDown();
    this.options.onMessage(message);
    this.count(text.length);
  }

  private count(chars: number): void {
    this.frames += 1;
    this.unsaid = { frames: this.unsaid.frames + 1, chars: this.unsaid.chars + chars };
    if (this.unsaid.frames < SEEN_FRAMES && this.unsaid.chars < SEEN_CHARS) return;
    this.unsaid = { frames: 0, chars: 0 };
    this.write({ type: "seen", frames: this.frames });
  }

  private welcome(greeting: Greeting): void {
    this.welcomed = true;
    this.attempt = 0;
    this.become({ state: "open" });
    const every_ms = greeting.heartbeat_s * 1000;
    clearInterval(this.beat);
    this.beat = setInterval(() => this.pulse(every_ms), every_ms);
    for (const pending of this.pending.values()) this.write(pending.message);
  }

  private pulse(every_ms: number): void {
    const socket = this.socket;
    const silent = this.world.now() - this.heard_ms > 1.5 * every_ms;
    if (silent && socket !== null) this.drop(socket, SILENT);
    else this.tell({ type: "ping", at: this.world.now() });
  }

  private answered(id: string, answer: Wire): void {
    const pending = this.pending.get(id);
    if (pending === undefined) return;
    const repeat =
      answer.type === "refused" && (answer.reason === "again" || answer.reason === "too_fast");
    if (repeat && pending.again < AGAIN_LIMIT) {
      pending.again += 1;
      const delay_ms = 200 * 2 ** pending.again;
      setTimeout(() => this.pending.has(id) && this.tell(pending.message), delay_ms);
      return;
    }
    this.settle(id, answer);
  }

  private slowDown(): void {
    clearTimeout(this.slower);
    this.slower = setTimeout(() => {
      for (const pending of this.pending.values()) if (pending.durable) this.tell(pending.message);
    }, SLOWER_MS);
  }

  private settle(id: string, answer: Wire | null): void {
    const pending = this.pending.get(id);
    if (pending === undefined) return;
    this.pending.delete(id);
    clearTimeout(pending.limit);
    pending.settle(answer);
  }

  private write(message: object): void {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(message));
  }

  /** A dead network never sends the close event in time, so the line does not wait for it. */
  private drop(socket: WebSocket, code: number): void {
    if (socket !== this.socket) return;
    socket.close(code);
    this.closed(code);
  }

  private closed(code: number): void {
    const next = afterClose(code, this.attempt, this.world.chance());
    this.forget();
    if (next.step === "end") {
      this.end(next.why);
      return;
    }
    this.attempt += 1;
    const reason = globalThis.navigator?.onLine === false ? "offline" : next.reason;
    const retry_at_ms = this.world.now() + next.delay_ms;
    this.become({ state: "waiting", attempt: this.attempt, retry_at_ms, reason });
    this.retry = setTimeout(() => this.open(), next.delay_ms);
  }

  private forget(): void {
    this.socket = null;
    this.welcomed = false;
    clearInterval(this.beat);
    clearTimeout(this.slower);
    for (const [id, pending] of this.pending) if (!pending.durable) this.settle(id, null);
  }

  private end(why: EndedWhy): void {
    const socket = this.socket;
    this.forget();
    socket?.close(1000);
    clearTimeout(this.retry);
    globalThis.removeEventListener?.("online", this.onOnline);
    globalThis.removeEventListener?.("offline", this.onOffline);
    for (const id of [...this.pending.keys()]) this.settle(id, null);
    this.become({ state: "ended", why });
  }

  private become(connection: Connection): void {
    this.current = connection;
    this.options.onConnection(connection);
  }

  private readonly onOnline = (): void => this.reconnect();

  private readonly onOffline = (): void => {
    if (this.socket !== null) this.drop(this.socket, SILENT);
  };
}
