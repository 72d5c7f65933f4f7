/** Opens cameras and microphones, one at a time when both together fail, and says what stood in the way. */

import type { MediaProfile } from "../flow/media";
import { obstacle, problemOf, surroundings } from "./problem";
import type { Device, DeviceProblem, DeviceState, Treatment } from "./types";

export type Facing = "user" | "environment";

export function soundFor(profile: MediaProfile): MediaTrackConstraints {
  return {
    echoCancellation: profile.echo_cancellation,
    noiseSuppression: profile.noise_suppression,
    autoGainControl: profile.auto_gain,
    channelCount: 1,
  };
}

/** What was really done, which is not always what was asked for. */
export function treatmentOf(track: MediaStreamTrack | null): Treatment {
  const told = track?.getSettings() ?? {};
  const said = (value: unknown) => (typeof value === "boolean" ? value : null);
  return {
    echo_cancellation: said(told.echoCancellation),
    noise_suppression: said(told.noiseSuppression),
    auto_gain: said(told.autoGainControl),
  };
}

export function pictureFrom(facing: Facing, profile: MediaProfile): MediaTrackConstraints {
  return { facingMode: facing, ...sizeFor(profile), frameRate: { ideal: 24, max: 30 } };
}

/** Wide pictures of as many lines as the profile allows. */
export function sizeFor(profile: MediaProfile): MediaTrackConstraints {
  const lines = profile.max_height;
  return { width: { ideal: Math.round((lines * 16) / 9) }, height: { ideal: lines } };
}

export interface Opened {
  readonly audio: MediaStreamTrack | null;
  readonly video: MediaStreamTrack | null;
  readonly microphone: DeviceState;
  readonly camera: DeviceState;
}

type Asked = MediaStream | DeviceProblem;

async function ask(constraints: MediaStreamConstraints): Promise<Asked> {
  try {
    return await navigator.mediaDevices.getUserMedia(constraints);
  } catch (error) {
    return problemOf(error);
  }
}

/** A prompt that was closed without an answer: asking for each device again would only nag. */
async function wasDismissed(): Promise<boolean> {
  try {
    const name = "camera" as PermissionName;
    return (await navigator.permissions.query({ name })).state === "prompt";
  } catch {
    return false;
  }
}

export async function openDevices(
  video: boolean,
  facing: Facing,
  profile: MediaProfile,
): Promise<Opened> {
  const blocked = obstacle(surroundings());
  if (blocked !== null) return none(blocked, video);
  const picture = video ? pictureFrom(facing, profile) : false;
  const audio = soundFor(profile);
  const both = await ask({ audio, video: picture });
  if (typeof both !== "string") return found(both, both, video);
  if (!video || (both === "refused" && (await wasDismissed()))) return none(both, video);
  const sound = await ask({ audio });
  return found(sound, await ask({ video: picture }), video);
}

function none(problem: DeviceProblem, video: boolean): Opened {
  return { audio: null, video: null, microphone: problem, camera: video ? problem : "off" };
}

function found(sound: Asked, picture: Asked, video: boolean): Opened {
  const audio = typeof sound === "string" ? null : (sound.getAudioTracks()[0] ?? null);
  const view = typeof picture === "string" ? null : (picture.getVideoTracks()[0] ?? null);
  return {
    audio,
    video: view,
    microphone: typeof sound === "string" ? sound : audio ? "on" : "missing",
    camera: !video ? "off" : typeof picture === "string" ? picture : view ? "on" : "missing",
  };
}

/** Another picture: the other side of a phone, else the next camera in the list. Null when there is none. */
export async function openOtherCamera(
  facing: Facing,
  current: string,
  profile: MediaProfile,
): Promise<MediaStreamTrack | null> {
  const exact = { ...pictureFrom(facing, profile), facingMode: { exact: facing } };
  const other = await ask({ video: exact });
  if (typeof other !== "string") return other.getVideoTracks()[0] ?? null;
  const next = (await listDevices()).find((one) => one.kind === "camera" && one.id !== current);
  return next ? openDevice(next, profile) : null;
}

export async function openDevice(
  device: Device,
  profile: MediaProfile,
): Promise<MediaStreamTrack | null> {
  const deviceId = { exact: device.id };
  const camera = { video: { ...pictureFrom("user", profile), facingMode: [], deviceId } };
  const sound = { audio: { ...soundFor(profile), deviceId } };
  const opened = await ask(device.kind === "camera" ? camera : sound);
  return typeof opened === "string" ? null : (opened.getTracks()[0] ?? null);
}

const KINDS: Readonly<Record<MediaDeviceKind, Device["kind"]>> = {
  videoinput: "camera",
  audioinput: "microphone",
  audiooutput: "speaker",
};

export async function listDevices(): Promise<readonly Device[]> {
  const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return all.map(({ deviceId, kind, label }) => ({ id: deviceId, kind: KINDS[kind], label }));
}
