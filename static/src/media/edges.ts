/**
 * How far it is to each region where the call could run, by asking a media worker there for our own address (STUN).
 * Measured while the person waits, in one second at most; no call waits for it.
 */

import type { Edge } from "../api/socket_types";

export const LIMIT_MS = 1000;

export interface Near {
  readonly region: string;
  readonly rtt_ms: number;
}

/** Those that answered in time, in no order. */
export async function measureEdges(
  edges: readonly Edge[],
  ask: (url: string) => Promise<number | null> = askFor,
): Promise<readonly Near[]> {
  const measured = await Promise.all(
    edges.map(async ({ region, url }) => ({ region, rtt_ms: await within(ask(url)) })),
  );
  return measured.filter((one): one is Near => one.rtt_ms !== null);
}

/** Null for what takes longer, and for what fails. */
async function within(asked: Promise<number | null>): Promise<number | null> {
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), LIMIT_MS));
  return Promise.race([asked.catch(() => null), late]);
}

/** Milliseconds until the worker has told our address, or until the browser knew it was ours anyway. */
async function askFor(url: string): Promise<number | null> {
  if (typeof RTCPeerConnection === "undefined") return null;
  const peer = new RTCPeerConnection({ iceServers: [{ urls: url }] });
  const giveUp = setTimeout(() => peer.close(), LIMIT_MS);
  try {
    const answered = answerOf(peer);
    peer.createDataChannel("");
    const began = performance.now();
    await peer.setLocalDescription();
    return (await answered) ? Math.max(1, Math.round(performance.now() - began)) : null;
  } finally {
    clearTimeout(giveUp);
    peer.close();
  }
}

/** An address told by the server is left out where it is one that the browser has: then gathering just ends. */
function answerOf(peer: RTCPeerConnection): Promise<boolean> {
  return new Promise((resolve) => {
    peer.onicecandidate = ({ candidate }) => {
      if (candidate?.type === "srflx") resolve(true);
    };
    peer.onicecandidateerror = () => resolve(false);
    peer.onicegatheringstatechange = () => {
      if (peer.iceGatheringState === "complete") resolve(true);
    };
  });
}
