/** Own typing on its way to the site. It is given up only when the site has it or will never take it. */

import { makeStore, type Store } from "../../api/socket_store";
import type { ActResult, RefusalReason } from "../../api/socket_types";
import type { FormField } from "../contracts";
import { type Act, refuseToAct } from "../panel";
import { type Entries, type Entry, toValue } from "./draft";

const PAUSE_MS = 250;

const NEVER: ReadonlySet<RefusalReason> = new Set(["invalid_data", "malformed", "too_large"]);
/** There is no field left to give it to. */
const OVER: ReadonlySet<RefusalReason> = new Set([
  "not_allowed",
  "unknown_activity",
  "unknown_action",
  "run_ended",
]);

/**
 * The typing in one form. It is kept beside the panel and not in it: two keys may come before the panel is drawn
 * once, and the panel may go for a while (a pause, a lost line) with words in it that were never sent.
 *
 * A field is sent a quarter of a second after its last key and when it is left, one edit of it at a time: an edit
 * that the site asks for again must not come after a younger one.
 */
export class Typing implements Store<Entries> {
  isShown = false;
  private readonly store = makeStore<Entries>({});
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly underWay = new Map<string, Promise<void>>();
  private fields: ReadonlyMap<string, FormField> = new Map();
  private act: Act = refuseToAct;
  private focused: string | null = null;

  readonly get = (): Entries => this.store.get();
  readonly subscribe = (listener: () => void): (() => void) => this.store.subscribe(listener);

  /** The panel is there, with what the site says now. What could not be taken before is tried again. */
  hear(fields: readonly FormField[], act: Act): void {
    this.fields = new Map(fields.map((field) => [field.name, field]));
    this.act = act;
    for (const name of Object.keys(this.get())) if (!this.timers.has(name)) void this.send(name);
  }

  edit(field: FormField, text: string): void {
    this.put(field.name, { text, stage: "unsent", refusal: null });
    clearTimeout(this.timers.get(field.name));
    const pause_ms = field.type === "choice" || field.type === "bool" ? 0 : PAUSE_MS;
    const timer = setTimeout(() => void this.send(field.name), pause_ms);
    this.timers.set(field.name, timer);
  }

  focus(name: string): void {
    this.focused = name;
    void this.act("focus", { field: name });
  }

  leave(name: string): void {
    this.focused = null;
    void this.send(name);
    if (this.get()[name]?.stage === "sent") this.put(name, null);
    void this.act("focus", { field: null });
  }

  /** Sends all that waits; true when the site has every word. */
  async flush(): Promise<boolean> {
    await Promise.all(Object.keys(this.get()).map((name) => this.send(name)));
    return Object.values(this.get()).every((one) => one.stage === "sent");
  }

  /** The panel goes, without a word of its browser that the field was left. */
  async close(): Promise<void> {
    if (this.focused !== null) this.leave(this.focused);
    await this.flush();
  }

  private send(name: string): Promise<void> {
    clearTimeout(this.timers.get(name));
    this.timers.delete(name);
    const before = this.underWay.get(name);
    if (before !== undefined) return before; // it goes on with what was typed meanwhile
    const going = this.deliver(name).finally(() => this.underWay.delete(name));
    this.underWay.set(name, going);
    return going;
  }

  private async deliver(name: string): Promise<void> {
    let entry = this.get()[name];
    while (entry?.stage === "unsent" && !this.timers.has(name)) {
      const field = this.fields.get(name);
      if (field === undefined) return;
      const given: Entry = { text: entry.text, stage: "sending", refusal: null };
      this.put(name, given);
      const answer = await this.act("edit", { field: name, value: toValue(field, given.text) });
      const isYoungest = this.get()[name] === given;
      if (isYoungest) this.put(name, this.after(name, given.text, answer));
      entry = isYoungest ? undefined : this.get()[name];
    }
  }

  /** What becomes of an edit by its answer; null lets go, so that the box shows what the site says. */
  private after(name: string, text: string, answer: ActResult): Entry | null {
    if (answer.ok) return this.focused === name ? { text, stage: "sent", refusal: null } : null;
    if (OVER.has(answer.reason)) return null;
    return { text, stage: NEVER.has(answer.reason) ? "refused" : "unsent", refusal: answer };
  }

  private put(name: string, entry: Entry | null): void {
    this.store.update(({ [name]: _before, ...others }) =>
      entry === null ? others : { ...others, [name]: entry },
    );
  }
}

const kept = new Map<string, Typing>();

/** The typing in the form of a visit, as its panel left it. */
export function typingOf(activity: string): Typing {
  return kept.get(activity) ?? new Typing();
}

/** A panel shows the form; the answer is for when it goes. Only what could not be sent is kept for its return. */
export function hold(activity: string, typing: Typing): () => void {
  kept.set(activity, typing);
  typing.isShown = true;
  const goes = () => void typing.flush();
  globalThis.addEventListener?.("pagehide", goes);
  return () => {
    globalThis.removeEventListener?.("pagehide", goes);
    typing.isShown = false;
    void typing.close().then(() => {
      if (!typing.isShown && Object.keys(typing.get()).length === 0) kept.delete(activity);
    });
  };
}
