/** Opens cameras and microphones, one at a time when both together fail, and says what stood in the way. */

import { obstacle, problemOf, surroundings } from "./problem";
import type { Device, DeviceProblem, DeviceState } from "./types";

export type Facing = "user" | "environment";

export const SOUND: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  channelCount: 1,
};

/** 720p because an ID card must stay readable; the browser lowers it by itself on a weak line. */
export function pictureFrom(facing: Facing): MediaTrackConstraints {
  return {
    facingMode: facing,
    width: { ideal: 1280 },
    height: { ideal: 720 },
    frameRate: { ideal: 24, max: 30 },
  };
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

export async function openDevices(video: boolean, facing: Facing): Promise<Opened> {
  const blocked = obstacle(surroundings());
  if (blocked !== null) return none(blocked, video);
  const picture = video ? pictureFrom(facing) : false;
  const both = await ask({ audio: SOUND, video: picture });
  if (typeof both !== "string") return found(both, both, video);
  if (!video || (both === "refused" && (await wasDismissed()))) return none(both, video);
  const sound = await ask({ audio: SOUND });
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
): Promise<MediaStreamTrack | null> {
  const other = await ask({ video: { ...pictureFrom(facing), facingMode: { exact: facing } } });
  if (typeof other !== "string") return other.getVideoTracks()[0] ?? null;
  const next = (await listDevices()).find((one) => one.kind === "camera" && one.id !== current);
  return next ? openDevice(next) : null;
}

export async function openDevice(device: Device): Promise<MediaStreamTrack | null> {
  const deviceId = { exact: device.id };
  const camera = { video: { ...pictureFrom("user"), facingMode: [], deviceId } };
  const opened = await ask(device.kind === "camera" ? camera : { audio: { ...SOUND, deviceId } });
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
