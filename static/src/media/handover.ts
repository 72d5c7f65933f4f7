/**
 * From one connection to the next without a hole: while a room moves to another worker, the former
 * connection carries the call until the new one delivers everybody, and a moment longer for those who
 * come over more slowly than we do.
 */

import type { RoomPeer } from "./peer";

type Tracks = ReadonlyMap<string, readonly MediaStreamTrack[]>;

/** Somebody whose tracks never come to the new place (a camera switched off) keeps nobody in the old one. */
const PATIENCE_MS = 3000;
const LINGER_MS = 1000;

export class Handover {
  private former: RoomPeer | null = null;
  private shown: readonly string[] = [];
  private began_at_ms = 0;
  private done_at_ms = 0;

  /** Whether the former connection's tracks are still the ones to show. */
  get isUnderWay(): boolean {
    return this.former !== null && this.done_at_ms === 0;
  }

  begin(former: RoomPeer, shown: readonly string[], now_ms: number): void {
    this.former?.close();
    this.former = former;
    this.shown = shown;
    this.began_at_ms = now_ms;
    this.done_at_ms = 0;
  }

  /** True once: from now on the new connection's tracks are shown. */
  look(next: RoomPeer, tracks: Tracks, now_ms: number): boolean {
    if (this.former === null) return false;
    if (this.done_at_ms > 0) {
      if (now_ms - this.done_at_ms >= LINGER_MS) this.end();
      return false;
    }
    const isThere =
      this.shown.every((one) => tracks.has(one)) && next.hears([...tracks.values()].flat());
    if (!isThere && now_ms - this.began_at_ms < PATIENCE_MS) return false;
    this.done_at_ms = now_ms;
    return true;
  }

  end(): void {
    this.former?.close();
    this.former = null;
    this.done_at_ms = 0;
  }
}
