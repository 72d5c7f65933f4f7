/**
 * One connection to the room of one generation: the browser offers, the ICE-lite worker answers with all its
 * candidates, and asks for more lines with offers of its own (docs/protocol.md, "Media over the run socket").
 *
 * Negotiations run one after another. When both sides offer at once this side gives way: it rolls back,
 * answers, and offers again.
 */

import type { MediaResult } from "../api/socket";
import type { RefusalReason, RelayServer } from "../api/socket_types";
import type { MediaProfile } from "../flow/media";
import { STILLS } from "./ladder";
import { sendersByMid, withAudioNack } from "./sdp";
import { encodingsOf, preferring } from "./sending";
import { type Counters, countersOf } from "./stats";
import { Stills } from "./stills";

export interface Signalling {
  readonly ask: (
    op: "offer" | "restart",
    fields: { sdp: string; generation: number },
  ) => Promise<MediaResult>;
  readonly answer: (id: string, sdp: string) => void;
  /** TURN servers as they are allowed now. */
  readonly relays: () => readonly RelayServer[];
}

export interface PeerListener {
  readonly onState: (state: RTCPeerConnectionState) => void;
  /** The others' tracks by participant id, whole at each change. */
  readonly onTracks: (tracks: ReadonlyMap<string, readonly MediaStreamTrack[]>) => void;
  /** An offer was not answered; asking again is the listener's. */
  readonly onRefused: (reason: RefusalReason) => void;
}

export interface OwnTracks {
  readonly audio: MediaStreamTrack | null;
  readonly video: MediaStreamTrack | null;
}

/** How much of the own picture is sent: what the flow says, and the rung that the line carries. */
export interface Limits {
  readonly profile: MediaProfile;
  readonly height: number;
}

/** Of a picture whose camera does not tell its size. */
const USUAL_SIDE = 720;

export class RoomPeer {
  readonly generation: number;
  private readonly pc: RTCPeerConnection;
  private readonly signalling: Signalling;
  private readonly listener: PeerListener;
  private audio: RTCRtpSender | null = null;
  private video: RTCRtpSender | null = null;
  private second: RTCRtpTransceiver | null = null;
  private queue: Promise<void> = Promise.resolve();
  /** Counts our offers: an answer to one that was rolled back is nobody's. */
  private round = 0;
  private isClosed = false;
  private own: OwnTracks = { audio: null, video: null };
  private limits: Limits;
  private stills: Stills | null = null;
  private changing: Promise<void> = Promise.resolve();
  private withdraw: () => void = () => undefined;
  private allowed: readonly RelayServer[];
  private letLeave: () => void = () => undefined;
  private readonly leave: Promise<void>;

  constructor(generation: number, signalling: Signalling, listener: PeerListener, limits: Limits) {
    this.generation = generation;
    this.limits = limits;
    this.signalling = signalling;
    this.listener = listener;
    this.leave = new Promise((resolve) => {
      this.letLeave = resolve;
    });
    this.allowed = signalling.relays();
    this.pc = new RTCPeerConnection(this.configuration());
    this.pc.onconnectionstatechange = () => {
      if (!this.isClosed) listener.onState(this.pc.connectionState);
    };
    this.pc.ontrack = () => this.tellTracks();
  }

  /**
   * Readies the first offer, which is made our word and leaves at `go`: no way is looked for before. Lines
   * for sound and picture exist from then on, so a device found later needs no new one.
   */
  start(own: OwnTracks, stream: MediaStream): void {
    const common = { direction: "sendrecv" as const, streams: [stream] };
    this.own = own;
    this.audio = this.pc.addTransceiver(own.audio ?? "audio", common).sender;
    const sendEncodings = [...this.encodings()];
    const line = this.pc.addTransceiver(own.video ?? "video", { ...common, sendEncodings });
    this.video = line.sender;
    this.prefer(line);
    if (this.limits.height === STILLS) void this.change();
    this.offer("offer");
  }

  /** The room has one codec for all pictures; whoever offers it first is sure to speak it. */
  private prefer(line: RTCRtpTransceiver): void {
    const known = globalThis.RTCRtpReceiver?.getCapabilities?.("video")?.codecs ?? [];
    if (known.length === 0) return;
    try {
      line.setCodecPreferences?.(preferring(known, this.limits.profile.codec));
    } catch {
      // a browser that knows better keeps its own order, and the worker chooses from that
    }
  }

  private encodings(): readonly RTCRtpEncodingParameters[] {
    const { width, height } = this.own.video?.getSettings?.() ?? {};
    const side = width && height ? Math.min(width, height) : USUAL_SIDE;
    return encodingsOf(this.limits.profile, this.limits.height, side);
  }

  /** Lets the first offer leave, by the ways that are allowed now. */
  go(): void {
    if (this.allowed !== this.signalling.relays()) this.allow();
    this.letLeave();
  }

  private allow(): void {
    this.allowed = this.signalling.relays();
    this.pc.setConfiguration(this.configuration());
  }

  private configuration(): RTCConfiguration {
    const iceServers = this.allowed.map((one) => ({ ...one, urls: [...one.urls] }));
    return { iceServers, bundlePolicy: "max-bundle" };
  }

  async send(own: OwnTracks): Promise<void> {
    this.own = own;
    await this.audio?.replaceTrack(own.audio);
    await this.change();
  }

  /** Sends as much of the own picture as this from now on. */
  async limit(limits: Limits): Promise<void> {
    this.limits = limits;
    await this.change();
  }

  /** One change of what is sent after another: each finds what the one before has left. */
  private change(): Promise<void> {
    this.changing = this.changing.then(() => this.show()).catch(() => undefined);
    return this.changing;
  }

  private async show(): Promise<void> {
    if (this.isClosed) return;
    const camera = this.own.video;
    const wantsStills = this.limits.height === STILLS && camera !== null;
    const former = this.stills;
    this.stills = wantsStills ? new Stills(camera) : null;
    const track = this.stills?.track ?? camera;
    if (this.video?.track !== track) await this.video?.replaceTrack(track);
    former?.stop();
    await this.encode();
  }

  private async encode(): Promise<void> {
    const parameters = this.video?.getParameters?.();
    if (!parameters || parameters.encodings.length === 0) return;
    const wanted = this.encodings();
    parameters.encodings = parameters.encodings.map((one, n) => ({
      ...one,
      ...(wanted.find(({ rid }) => rid !== undefined && rid === one.rid) ?? wanted[n]),
    }));
    await this.video?.setParameters(parameters);
  }

  /** A second picture beside the own one, offered anew; null ends it, and its line is kept for the next. */
  async share(track: MediaStreamTrack | null, stream: MediaStream): Promise<void> {
    if (this.second === null && track === null) return;
    if (this.second === null) {
      const sending = { direction: "sendonly" as const, streams: [stream] };
      this.second = this.pc.addTransceiver(track ?? "video", sending);
    } else {
      await this.second.sender.replaceTrack(track);
      this.second.direction = track === null ? "inactive" : "sendonly";
    }
    this.offer("offer");
  }

  /** A new path for the same call: after a change of network, or when packets stopped. */
  restart(): void {
    this.allow();
    this.offer("restart");
  }

  offer(op: "offer" | "restart"): void {
    this.round += 1;
    const round = this.round;
    this.enqueue(() => this.negotiate(op, round));
  }

  /** The worker's offer jumps the queue: ours may be the one it is waiting to see withdrawn. */
  takeOffer(id: string, sdp: string): void {
    const collides = this.pc.signalingState === "have-local-offer";
    if (collides) {
      this.round += 1;
      this.withdraw();
    }
    this.enqueue(() => this.answer(id, sdp, collides));
  }

  /** Newest packet time of all incoming tracks, by the browser's clock; 0 for none in the last ten seconds. */
  newestPacket(): number {
    let newest = 0;
    for (const receiver of this.pc.getReceivers()) {
      for (const source of receiver.getSynchronizationSources()) {
        newest = Math.max(newest, source.timestamp);
      }
    }
    return newest;
  }

  /** Whether packets of every one of `tracks` have come. */
  hears(tracks: readonly MediaStreamTrack[]): boolean {
    const receivers = this.pc.getReceivers().filter(({ track }) => tracks.includes(track));
    return receivers.every((one) => one.getSynchronizationSources().length > 0);
  }

  async counters(): Promise<Counters> {
    const report = await this.pc.getStats();
    return countersOf(report.values() as Iterable<Record<string, unknown>>, Date.now());
  }

  get state(): RTCPeerConnectionState {
    return this.pc.connectionState;
  }

  close(): void {
    this.isClosed = true;
    this.stills?.stop();
    this.letLeave();
    this.pc.close();
  }

  private enqueue(work: () => Promise<void>): void {
    this.queue = this.queue.then(work).catch(() => {
      if (!this.isClosed) this.listener.onRefused("again");
    });
  }

  private async negotiate(op: "offer" | "restart", round: number): Promise<void> {
    if (this.isClosed || round !== this.round) return;
    const offer = await this.pc.createOffer({ iceRestart: op === "restart" });
    await this.leave;
    if (this.isClosed || round !== this.round) return;
    await this.describe(offer);
    const sdp = this.pc.localDescription?.sdp ?? "";
    const result = await Promise.race([
      this.signalling.ask(op, { sdp, generation: this.generation }),
      new Promise<null>((resolve) => {
        this.withdraw = () => resolve(null);
      }),
    ]);
    if (this.isClosed || result === null || round !== this.round) return;
    if (!result.ok) {
      await this.rollback();
      this.listener.onRefused(result.reason);
      return;
    }
    await this.pc.setRemoteDescription({ type: "answer", sdp: result.answer.sdp ?? "" });
    this.tellTracks();
  }

  /** A browser that will not have the extra line gets its own words back. */
  private async describe(offer: RTCSessionDescriptionInit): Promise<void> {
    const sdp = withAudioNack(offer.sdp ?? "");
    await this.pc
      .setLocalDescription({ type: "offer", sdp })
      .catch(() => this.pc.setLocalDescription(offer));
  }

  private async rollback(): Promise<void> {
    if (this.pc.signalingState === "have-local-offer") {
      await this.pc.setLocalDescription({ type: "rollback" });
    }
  }

  private async answer(id: string, sdp: string, collided: boolean): Promise<void> {
    if (this.isClosed) return;
    await this.rollback();
    await this.pc.setRemoteDescription({ type: "offer", sdp });
    await this.pc.setLocalDescription(await this.pc.createAnswer());
    this.signalling.answer(id, this.pc.localDescription?.sdp ?? "");
    this.tellTracks();
    if (collided) this.offer("offer");
  }

  private tellTracks(): void {
    const senders = sendersByMid(this.pc.remoteDescription?.sdp ?? "");
    const tracks = new Map<string, MediaStreamTrack[]>();
    for (const { mid, receiver } of this.pc.getTransceivers()) {
      const sender = mid === null ? undefined : senders.get(mid);
      if (sender) tracks.set(sender, [...(tracks.get(sender) ?? []), receiver.track]);
    }
    this.listener.onTracks(tracks);
  }
}
