/** What pages and panels may know of a person's camera, microphone and call. No browser object but MediaStream. */

import type { Store } from "../api/socket_store";
import type { Stats } from "../api/socket_types";
import { type MediaProfile, USUAL_MEDIA } from "../flow/media";

/** Why there is no camera or microphone, in words a page can turn into advice. */
export type DeviceProblem = "refused" | "missing" | "busy" | "insecure" | "unsupported";

export type DeviceState = "off" | "asking" | "on" | DeviceProblem;

/** The call as people understand it. */
export type CallState =
  /** No room yet, or nobody asked to enter it. */
  | "idle"
  | "connecting"
  | "connected"
  /** Connected, but nothing has come from the others for half a second. */
  | "stalled"
  /** The line to the room is lost and being restored. */
  | "reconnecting"
  /** The room has no place (`no_capacity`) or cannot be reached; tried again by itself. */
  | "unavailable";

export interface Device {
  readonly id: string;
  readonly kind: "camera" | "microphone" | "speaker";
  readonly label: string;
}

/** What a browser does to the sound of its microphone; null where it does not say. */
export interface Treatment {
  readonly echo_cancellation: boolean | null;
  readonly noise_suppression: boolean | null;
  readonly auto_gain: boolean | null;
}

/** What is sent of the own picture, by what the line carries. */
export interface Sending {
  /** Lines at most; 0 for single pictures now and then. */
  readonly height: number;
  /** Less than the flow would have, so that the sound stays whole. */
  readonly is_reduced: boolean;
}

export interface MediaState {
  readonly camera: DeviceState;
  readonly microphone: DeviceState;
  readonly facing: "user" | "environment";
  readonly is_muted: boolean;
  readonly is_camera_on: boolean;
  readonly devices: readonly Device[];
  readonly camera_label: string;
  /** Own picture (and sound, never played back here). */
  readonly local: MediaStream | null;
  /** The others' streams by participant id; `<id>/2` for a screen or a document camera beside the own picture. */
  readonly remote: Readonly<Record<string, MediaStream>>;
  readonly call: CallState;
  readonly stats: Stats | null;
  /** What the flow says about the media of the call. */
  readonly profile: MediaProfile;
  readonly sending: Sending;
  /** What this browser does to the sound of its microphone; null while there is none. */
  readonly treatment: Treatment | null;
  /** The own screen, while it is shown to the others. */
  readonly sharing: MediaStream | null;
}

export const NO_MEDIA: MediaState = {
  camera: "off",
  microphone: "off",
  facing: "user",
  is_muted: false,
  is_camera_on: true,
  devices: [],
  camera_label: "",
  local: null,
  remote: {},
  call: "idle",
  stats: null,
  profile: USUAL_MEDIA,
  sending: { height: USUAL_MEDIA.max_height, is_reduced: false },
  treatment: null,
  sharing: null,
};

export interface StartOptions {
  readonly video: boolean;
}

/** The one media client of a page: own devices, and the room when there is one. */
export interface MediaClient extends Store<MediaState> {
  /** Asks for the devices and starts the preview; the outcome is in the state. */
  readonly start: (options?: StartOptions) => Promise<void>;
  readonly setMuted: (muted: boolean) => void;
  readonly setCameraOn: (on: boolean) => void;
  /** Front to rear and back. */
  readonly flipCamera: () => Promise<void>;
  readonly useDevice: (device: Device) => Promise<void>;
  /** Shows the own screen beside the own picture; false when the person chose none or the browser has none. */
  readonly share: () => Promise<boolean>;
  readonly stopSharing: () => void;
  /** Hears the microphone's loudness, 0..1, about 15 times a second. */
  readonly onLevel: (listener: (level: number) => void) => () => void;
  /** Gives up the devices and the room. */
  readonly stop: () => void;
}
