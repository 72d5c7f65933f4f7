/** Keeps one page in its run's room: enters, leaves, restores, watches and reports. Owns the peer, not the devices. */

import type { RunSocket, RunState } from "../api/socket";
import { backoff } from "../api/socket_backoff";
import type { Edge, MediaMessage, RefusalReason, Stats } from "../api/socket_types";
import { type MediaProfile, USUAL_MEDIA } from "../flow/media";
import { measureEdges } from "./edges";
import { Handover } from "./handover";
import { climb, type Ladder, refit, rungsOf, top } from "./ladder";
import { type OwnTracks, RoomPeer } from "./peer";
import { type Counters, statsBetween } from "./stats";
import type { CallState, Sending } from "./types";
import { look, startWatch, type Watch } from "./watchdog";

export interface RoomListener {
  readonly onCall: (call: CallState) => void;
  readonly onRemote: (tracks: Tracks) => void;
  readonly onStats: (stats: Stats) => void;
  /** The line carries less of the own picture than before, or more; or the flow wants it so. */
  readonly onSending: (sending: Sending) => void;
  readonly onProfile: (profile: MediaProfile) => void;
  /** Staff, or this person in another tab, has muted or unmuted them. */
  readonly onMuted: (muted: readonly string[]) => void;
}

type Tracks = ReadonlyMap<string, readonly MediaStreamTrack[]>;

const LOOK_EVERY_MS = 250;
const TAKE_OVER_EVERY_MS = 50;
const STATS_EVERY_MS = 2000;

/** Which room a run state asks for: a generation, "wait" while it is being placed anew, null for none. */
export function roomWanted(state: RunState): number | "wait" | null {
  const view = state.view;
  if (view === null || view.run.status === "closed" || view.room === null) return null;
  return view.room.interrupted ? "wait" : view.room.generation;
}

/** Whether somebody else is there to be heard. */
export function isCompanyExpected(state: RunState, remote: readonly string[]): boolean {
  const people = state.view?.people ?? [];
  return people.some((person) => person.present && remote.includes(person.id));
}

export class RoomStay {
  private readonly socket: RunSocket;
  private readonly listener: RoomListener;
  private readonly stream: MediaStream;
  private own: OwnTracks;
  private shared: MediaStreamTrack | null = null;
  private muted = { audio: false, video: false };
  private toldMuted = "";
  private peer: RoomPeer | null = null;
  /** Readied while the site looks for a place; its offer leaves when there is one. */
  private next: RoomPeer | null = null;
  private newestAtLoss = 0;
  private watch: Watch = startWatch(0);
  private counters: Counters | null = null;
  private stats: Stats | null = null;
  private profile: MediaProfile = USUAL_MEDIA;
  private ladder: Ladder = top(rungsOf(USUAL_MEDIA));
  private remote: readonly string[] = [];
  private tracks: Tracks = new Map();
  private readonly handover = new Handover();
  private hasConnected = false;
  private refusals = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private readonly timers: readonly ReturnType<typeof setInterval>[];
  private readonly stops: readonly (() => void)[];

  constructor(socket: RunSocket, stream: MediaStream, own: OwnTracks, listener: RoomListener) {
    this.socket = socket;
    this.stream = stream;
    this.own = own;
    this.listener = listener;
    this.stops = [socket.subscribe(() => this.follow()), socket.onMedia((one) => this.hear(one))];
    this.timers = [
      setInterval(() => this.glance(), LOOK_EVERY_MS),
      setInterval(() => this.takeOver(), TAKE_OVER_EVERY_MS),
      setInterval(() => void this.measure(), STATS_EVERY_MS),
    ];
    globalThis.addEventListener("online", this.onNetwork);
    this.follow();
    if (this.peer === null) this.ready(1);
  }

  /** Shows a second picture, or no longer; a room that is entered later gets it too. */
  share(track: MediaStreamTrack | null): void {
    this.shared = track;
    void this.peer?.share(track, this.stream);
  }

  /** Tells the others of what they do not get. */
  mute(audio: boolean, video: boolean): void {
    this.muted = { audio, video };
    if (this.peer !== null) this.socket.mute(audio, video);
  }

  send(own: OwnTracks): void {
    this.own = own;
    void this.peer?.send(own);
    void this.next?.send(own);
  }

  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
    for (const stop of this.stops) stop();
    globalThis.removeEventListener("online", this.onNetwork);
    this.leave("idle");
  }

  /** What the site says of one's own mute counts when it changes, not while a press is on its way there. */
  private followMute(): void {
    const view = this.socket.get().view;
    const own = view?.people.find((person) => person.id === view.you.participant);
    const told = own?.muted?.join(" ") ?? "";
    if (own === undefined || told === this.toldMuted) return;
    this.toldMuted = told;
    this.muted = { audio: told.includes("audio"), video: told.includes("video") };
    this.listener.onMuted(own.muted ?? []);
  }

  /** What the flow says about the media of the call, at first and when a step changes it. */
  private followProfile(): void {
    const told = this.socket.get().view?.media;
    if (told === undefined || isSame(told, this.profile)) return;
    const before = rungsOf(this.profile);
    this.profile = told;
    this.ladder = refit(this.ladder, before, rungsOf(told));
    this.listener.onProfile(told);
    // codec and number of sizes stand in the text of an offer
    if (this.next !== null) this.ready(this.next.generation);
    this.obey();
  }

  private obey(): void {
    const { profile } = this;
    const { height } = this.ladder;
    for (const peer of [this.peer, this.next]) void peer?.limit({ profile, height });
    const best = rungsOf(profile)[0] ?? height;
    this.listener.onSending({ height, is_reduced: height < best });
  }

  private follow(): void {
    this.followProfile();
    this.followMute();
    const wanted = roomWanted(this.socket.get());
    if (wanted === null) {
      if (this.peer !== null) this.leave("idle");
    } else if (wanted === "wait") {
      if (this.peer !== null) this.prepare(this.peer);
    } else if (wanted !== this.peer?.generation) {
      this.enter(wanted);
    }
  }

  /** What is left of the call may go on: the site can lose a worker that we still hear. */
  private prepare(former: RoomPeer): void {
    this.listener.onCall("reconnecting");
    if (this.next !== null) return;
    this.newestAtLoss = former.newestPacket();
    this.ready(former.generation + 1);
  }

  /** What need not wait for the room is done before it is there: certificate, lines, the offer's text. */
  private ready(generation: number): void {
    this.next?.close();
    this.next = this.make(generation);
    this.next.start(this.own, this.stream);
  }

  private enter(generation: number): void {
    const former = this.peer;
    const isSilent = this.next !== null && former?.newestPacket() === this.newestAtLoss;
    const peer = this.next?.generation === generation ? this.next : this.make(generation);
    if (this.next !== peer) {
      this.next?.close();
      peer.start(this.own, this.stream);
    }
    this.next = null;
    this.reset();
    this.peer = peer;
    this.watch = startWatch(Date.now());
    peer.go();
    this.bringAlong(peer);
    this.part(former, generation, isSilent);
  }

  /** What is shown beside the own picture, and what the others do not get, is so in the next room too. */
  private bringAlong(peer: RoomPeer): void {
    if (this.shared !== null) void peer.share(this.shared, this.stream);
    const { audio, video } = this.muted;
    if (audio || video) this.socket.mute(audio, video);
  }

  /** The former connection carries the call until the new one does, if there is anything on it. */
  private part(former: RoomPeer | null, generation: number, isSilent: boolean): void {
    const isOlder = former !== null && former.generation < generation;
    if (isOlder && !isSilent && former.state === "connected") {
      this.handover.begin(former, this.remote, Date.now());
      return;
    }
    former?.close();
    if (this.handover.isUnderWay) return;
    this.listener.onCall(this.hasConnected ? "reconnecting" : "connecting");
  }

  private make(generation: number): RoomPeer {
    const signalling = {
      ask: (op: "offer" | "restart", fields: { sdp: string; generation: number }) =>
        this.socket.media(op, fields),
      answer: (id: string, sdp: string) => this.socket.answer(id, sdp),
      relays: () => this.socket.get().relays,
    };
    const listener = {
      onState: (state: RTCPeerConnectionState) => this.changed(peer, state),
      onTracks: (tracks: Tracks) => this.heard(peer, tracks),
      onRefused: (reason: RefusalReason) => this.refused(peer, reason),
    };
    const limits = { profile: this.profile, height: this.ladder.height };
    const peer: RoomPeer = new RoomPeer(generation, signalling, listener, limits);
    return peer;
  }

  private reset(): void {
    clearTimeout(this.retry);
    this.peer = null;
    this.tracks = new Map();
    this.counters = null;
    this.refusals = 0;
  }

  private leave(call: CallState): void {
    this.handover.end();
    this.next?.close();
    this.next = null;
    this.peer?.close();
    this.reset();
    if (call === "idle") this.hasConnected = false;
    this.listener.onCall(call);
  }

  private hear(message: MediaMessage): void {
    if (message.op === "edges") void this.measureEdges(message.edges ?? []);
    const peer = this.peer;
    if (peer === null) return;
    if (message.op === "interrupted" && message.generation === peer.generation) {
      this.listener.onCall("reconnecting");
    }
    const isOurs = message.op === "offer" && message.generation === peer.generation;
    if (isOurs && message.id !== null) peer.takeOffer(message.id, message.sdp ?? "");
  }

  private async measureEdges(edges: readonly Edge[]): Promise<void> {
    const near = await measureEdges(edges);
    if (near.length > 0) this.socket.near(near);
  }

  private changed(peer: RoomPeer, state: RTCPeerConnectionState): void {
    if (peer !== this.peer) return;
    if (state === "connected") {
      this.hasConnected = true;
      this.refusals = 0;
      this.listener.onCall("connected");
    } else if (state === "disconnected") {
      this.listener.onCall("reconnecting");
      peer.restart();
    } else if (state === "failed") {
      this.enter(peer.generation);
    }
  }

  private heard(peer: RoomPeer, tracks: Tracks): void {
    if (peer !== this.peer) return;
    this.tracks = tracks;
    if (!this.handover.isUnderWay) this.show();
  }

  private show(): void {
    this.remote = [...this.tracks.keys()];
    this.listener.onRemote(this.tracks);
  }

  /** No answer or no place: the same offer again, later each time. A room that is gone shows in the next view. */
  private refused(peer: RoomPeer, reason: RefusalReason): void {
    if (peer !== this.peer) return;
    if (reason === "no_capacity" || reason === "not_allowed") this.listener.onCall("unavailable");
    this.refusals += 1;
    clearTimeout(this.retry);
    this.retry = setTimeout(
      () => {
        if (peer === this.peer) this.enterAgain(peer);
      },
      backoff(this.refusals, Math.random()),
    );
  }

  private enterAgain(peer: RoomPeer): void {
    if (peer.state === "connected") peer.restart();
    else peer.offer("offer");
  }

  private glance(): void {
    const peer = this.peer;
    if (peer === null || !this.hasConnected) return;
    if (this.handover.isUnderWay) return;
    const expected = isCompanyExpected(this.socket.get(), this.remote);
    const seen = look(this.watch, peer.newestPacket(), expected, Date.now());
    this.watch = seen.watch;
    if (peer.state !== "connected") return;
    this.listener.onCall(seen.isStalled ? "stalled" : "connected");
    if (seen.mustRestart) peer.restart();
  }

  private takeOver(): void {
    const peer = this.peer;
    if (peer !== null && this.handover.look(peer, this.tracks, Date.now())) this.show();
  }

  private async measure(): Promise<void> {
    const peer = this.peer;
    if (peer === null) return;
    const counters = await peer.counters();
    if (peer !== this.peer) return;
    const earlier = this.counters;
    this.counters = counters;
    if (earlier === null) return;
    const measured = statsBetween(earlier, counters, this.stats);
    const stats = peer.state === "connected" ? measured : { ...measured, level: 0 };
    this.stats = stats;
    const before = this.ladder.height;
    this.ladder = climb(this.ladder, rungsOf(this.profile), stats.level);
    if (this.ladder.height !== before) this.obey();
    this.listener.onStats(stats);
    this.socket.stats({ ...stats, height: this.ladder.height });
  }

  private readonly onNetwork = (): void => {
    if (this.peer !== null && this.hasConnected) this.peer.restart();
  };
}

function isSame(a: MediaProfile, b: MediaProfile): boolean {
  return (Object.keys(b) as (keyof MediaProfile)[]).every((key) => a[key] === b[key]);
}
