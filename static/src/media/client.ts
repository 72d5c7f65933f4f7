/** The media client of a page: devices and preview from the first moment, the room as soon as a run has one. */

import type { RunSocket } from "../api/socket";
import { makeStore, type WritableStore } from "../api/socket_store";
import type { MediaProfile } from "../flow/media";
import {
  type Facing,
  listDevices,
  openDevice,
  openDevices,
  openOtherCamera,
  sizeFor,
  treatmentOf,
} from "./devices";
import { watchLevel } from "./level";
import type { OwnTracks } from "./peer";
import { RoomStay } from "./room";
import {
  type CallState,
  type Device,
  type MediaClient,
  type MediaState,
  NO_MEDIA,
  type StartOptions,
} from "./types";

const SWITCHES = ["echo_cancellation", "noise_suppression", "auto_gain"] as const;

export class PageMedia implements MediaClient {
  private readonly store: WritableStore<MediaState> = makeStore(NO_MEDIA);
  private own: OwnTracks = { audio: null, video: null };
  private stay: RoomStay | null = null;
  private readonly listeners = new Set<(level: number) => void>();
  private stopLevel: (() => void) | null = null;
  private starting: Promise<void> | null = null;
  /** Carried in our offers as `msid`; the room names streams by participant itself. */
  private readonly outgoing = new MediaStream();

  readonly get = (): MediaState => this.store.get();
  readonly subscribe = (listener: () => void): (() => void) => this.store.subscribe(listener);

  readonly start = (options: StartOptions = { video: true }): Promise<void> => {
    this.starting ??= this.open(options).finally(() => {
      this.starting = null;
    });
    return this.starting;
  };

  /** Follows the room of a run from now on; returns how to stop following. */
  follow(socket: RunSocket): () => void {
    this.stay?.stop();
    const stay = new RoomStay(socket, this.outgoing, this.own, {
      onCall: (call) => this.called(call),
      onRemote: (tracks) => this.heard(tracks),
      onStats: (stats) => this.change({ stats }),
      onSending: (sending) => this.change({ sending }),
      onProfile: (profile) => this.obey(profile),
      onMuted: (muted) => this.silence(muted.includes("audio"), muted.includes("video")),
    });
    this.stay = stay;
    this.tellMuted();
    stay.share(this.get().sharing?.getVideoTracks()[0] ?? null);
    return () => {
      stay.stop();
      if (this.stay === stay) this.stay = null;
    };
  }

  readonly setMuted = (muted: boolean): void => {
    this.silence(muted, !this.get().is_camera_on);
    this.tellMuted();
  };

  readonly setCameraOn = (on: boolean): void => {
    this.silence(this.get().is_muted, !on);
    this.tellMuted();
  };

  readonly share = async (): Promise<boolean> => {
    const stream = await navigator.mediaDevices
      ?.getDisplayMedia?.({ video: true })
      .catch(() => null);
    const track = stream?.getVideoTracks()[0];
    if (!stream || !track) return false;
    track.onended = () => this.stopSharing(); // the browser's own bar has a button too
    this.change({ sharing: stream });
    this.stay?.share(track);
    return true;
  };

  readonly stopSharing = (): void => {
    for (const track of this.get().sharing?.getTracks() ?? []) track.stop();
    this.change({ sharing: null });
    this.stay?.share(null);
  };

  readonly flipCamera = async (): Promise<void> => {
    const facing: Facing = this.get().facing === "user" ? "environment" : "user";
    const current = this.own.video?.getSettings().deviceId ?? "";
    // A phone gives its second camera only after the first was let go.
    this.own.video?.stop();
    const other = await openOtherCamera(facing, current, this.get().profile);
    if (other === null) await this.reopen();
    else this.take({ ...this.own, video: other }, { facing, camera: "on" });
  };

  readonly useDevice = async (device: Device): Promise<void> => {
    const track = await openDevice(device, this.get().profile);
    if (track === null) return;
    if (device.kind === "camera") this.take({ ...this.own, video: track }, { camera: "on" });
    else this.take({ ...this.own, audio: track }, { microphone: "on" });
  };

  readonly onLevel = (listener: (level: number) => void): (() => void) => {
    this.listeners.add(listener);
    this.meter();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.unmeter();
    };
  };

  readonly stop = (): void => {
    this.stay?.stop();
    this.stay = null;
    this.listeners.clear();
    this.unmeter();
    this.release(this.own);
    for (const track of this.get().sharing?.getTracks() ?? []) track.stop();
    this.own = { audio: null, video: null };
    navigator.mediaDevices?.removeEventListener?.("devicechange", this.onDevices);
    this.store.update(({ profile }) => ({ ...NO_MEDIA, profile }));
  };

  private silence(muted: boolean, unseen: boolean): void {
    if (this.own.audio) this.own.audio.enabled = !muted;
    if (this.own.video) this.own.video.enabled = !unseen;
    this.change({ is_muted: muted, is_camera_on: !unseen });
  }

  private tellMuted(): void {
    const { is_muted, is_camera_on } = this.get();
    this.stay?.mute(is_muted, !is_camera_on);
  }

  private async open(options: StartOptions): Promise<void> {
    const camera = options.video ? "asking" : "off";
    this.change({ camera, microphone: "asking" });
    const opened = await openDevices(options.video, this.get().facing, this.get().profile);
    const { audio, video } = opened;
    this.take({ audio, video }, { camera: opened.camera, microphone: opened.microphone });
    navigator.mediaDevices?.addEventListener?.("devicechange", this.onDevices);
    this.change({ devices: await listDevices() });
  }

  private async reopen(): Promise<void> {
    const { audio } = this.own;
    const opened = await openDevices(true, this.get().facing, this.get().profile);
    if (audio !== null && opened.audio !== null) opened.audio.stop();
    this.take({ audio: audio ?? opened.audio, video: opened.video }, { camera: opened.camera });
  }

  /** What the flow says about devices: a microphone that is open already is opened anew, if it must be. */
  private obey(profile: MediaProfile): void {
    const before = this.get().profile;
    this.change({ profile });
    const { audio, video } = this.own;
    if (before.max_height !== profile.max_height && video !== null) {
      void video
        .applyConstraints(sizeFor(profile))
        .catch(() => undefined)
        .then(() => this.stay?.send(this.own)); // what is sent is a share of what the camera gives
    }
    const isAlike = SWITCHES.every((key) => before[key] === profile[key]);
    if (!isAlike && audio !== null) void this.reopenSound(audio);
  }

  private async reopenSound(former: MediaStreamTrack): Promise<void> {
    const id = former.getSettings().deviceId ?? "";
    const audio = await openDevice({ id, kind: "microphone", label: "" }, this.get().profile);
    if (audio !== null && this.own.audio === former) this.take({ ...this.own, audio }, {});
    else audio?.stop();
  }

  /** New tracks take the old ones' place in the preview, the meter and the room, with mute kept. */
  private take(next: OwnTracks, change: Partial<MediaState>): void {
    const old = this.own;
    this.own = next;
    if (old.audio !== next.audio) old.audio?.stop();
    if (old.video !== next.video) old.video?.stop();
    const { is_muted, is_camera_on } = this.get();
    if (next.audio) next.audio.enabled = !is_muted;
    if (next.video) next.video.enabled = is_camera_on;
    if (next.video) next.video.onended = () => this.change({ camera: "missing" });
    if (next.audio) next.audio.onended = () => this.change({ microphone: "missing" });
    const tracks = [next.audio, next.video].filter((track) => track !== null);
    const local = tracks.length > 0 ? new MediaStream(tracks) : null;
    const treatment = next.audio === null ? null : treatmentOf(next.audio);
    this.change({ ...change, local, camera_label: next.video?.label ?? "", treatment });
    this.stay?.send(next);
    this.unmeter();
    this.meter();
  }

  private called(call: CallState): void {
    if (call === "idle") this.change({ call, remote: {}, stats: null });
    else if (call !== this.get().call) this.change({ call });
  }

  /** A participant's stream object stays the same while its tracks do, so a playing picture is not torn. */
  private heard(tracks: ReadonlyMap<string, readonly MediaStreamTrack[]>): void {
    const before = this.get().remote;
    const remote: Record<string, MediaStream> = {};
    for (const [participant, list] of tracks) {
      const old = before[participant];
      const isSame = old !== undefined && sameTracks(old.getTracks(), list);
      remote[participant] = isSame ? old : new MediaStream([...list]);
    }
    this.change({ remote });
  }

  private meter(): void {
    if (this.stopLevel !== null || this.listeners.size === 0 || this.own.audio === null) return;
    this.stopLevel = watchLevel(this.own.audio, (level) => {
      for (const listener of this.listeners) listener(level);
    });
  }

  private unmeter(): void {
    this.stopLevel?.();
    this.stopLevel = null;
  }

  private release(tracks: OwnTracks): void {
    tracks.audio?.stop();
    tracks.video?.stop();
  }

  private change(change: Partial<MediaState>): void {
    this.store.update((state) => ({ ...state, ...change }));
  }

  private readonly onDevices = (): void => {
    void listDevices().then((devices) => this.change({ devices }));
    const { camera, microphone } = this.get();
    const lost = camera === "missing" || microphone === "missing";
    if (lost && this.own.audio !== null) void this.start({ video: camera !== "off" });
  };
}

function sameTracks(a: readonly MediaStreamTrack[], b: readonly MediaStreamTrack[]): boolean {
  return a.length === b.length && a.every((track) => b.includes(track));
}
