/** From the browser's counters to what people see: rate, loss, delay, one level of four, and how speech sounds. Pure. */

import type { Stats } from "../api/socket_types";

/** Counters at one moment, summed over all streams of a peer. */
export interface Counters {
  readonly at_ms: number;
  readonly bytes: number;
  readonly received: number;
  readonly lost: number;
  readonly rtt_ms: number;
  /** Share lost on the way out, as the room reports it, 0..1. */
  readonly lost_out: number;
  readonly fps: number;
  /** Of incoming sound: samples played, and those among them that were made up for lost ones. */
  readonly samples: number;
  readonly concealed: number;
  /** Of incoming sound, the worst stream. */
  readonly jitter_ms: number;
}

const LIMITS: readonly {
  readonly level: number;
  readonly loss: number;
  readonly rtt_ms: number;
}[] = [
  { level: 4, loss: 0.02, rtt_ms: 250 },
  { level: 3, loss: 0.06, rtt_ms: 450 },
  { level: 2, loss: 0.15, rtt_ms: 900 },
];
/** The latest reading weighs this much: one bad second must not shake the screen. */
const WEIGHT = 0.4;

export function levelFor(loss: number, rtt_ms: number): number {
  return LIMITS.find((limit) => loss <= limit.loss && rtt_ms <= limit.rtt_ms)?.level ?? 1;
}

/** A sender's and receiver's part of the delay beside the network, ms. */
const DEVICES_MS = 40;
/** What Opus gives at best on ITU-T G.107's scale, and how it bears lost sound (Ie 0, Bpl 10). */
const BEST = 93.2;
const ROBUSTNESS = 10;

/**
 * How speech sounds, 1 (bad) to 4.5 (excellent), as the E-model estimates it (ITU-T G.107, simplified after
 * Cole and Rosenbluth) from the delay one way and the share of sound that was made up.
 */
export function mosFor(rtt_ms: number, jitter_ms: number, concealed: number): number {
  const delay = rtt_ms / 2 + 2 * jitter_ms + DEVICES_MS;
  const late = 0.024 * delay + (delay > 177.3 ? 0.11 * (delay - 177.3) : 0);
  const lost = 100 * Math.min(1, Math.max(0, concealed));
  const r = Math.max(0, BEST - late - (95 * lost) / (lost + ROBUSTNESS));
  const mos = 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r);
  return Math.round(10 * Math.min(4.5, Math.max(1, mos))) / 10;
}

type Report = Readonly<Record<string, unknown>>;
const number = (value: unknown): number => (typeof value === "number" ? value : 0);

export function countersOf(reports: Iterable<Report>, at_ms: number): Counters {
  const sum = { bytes: 0, received: 0, lost: 0, rtt_ms: 0, lost_out: 0, fps: 0 };
  const sound = { samples: 0, concealed: 0, jitter_ms: 0 };
  for (const report of reports) {
    if (report.type === "inbound-rtp") {
      sum.bytes += number(report.bytesReceived);
      sum.received += number(report.packetsReceived);
      sum.lost += number(report.packetsLost);
      sum.fps = Math.max(sum.fps, number(report.framesPerSecond));
    }
    if (report.type === "inbound-rtp" && report.kind === "audio") {
      sound.samples += number(report.totalSamplesReceived);
      sound.concealed += number(report.concealedSamples) - number(report.silentConcealedSamples);
      sound.jitter_ms = Math.max(sound.jitter_ms, number(report.jitter) * 1000);
    }
    if (report.type === "outbound-rtp") sum.bytes += number(report.bytesSent);
    if (report.type === "remote-inbound-rtp") {
      sum.lost_out = Math.max(sum.lost_out, number(report.fractionLost));
    }
    if (report.type === "candidate-pair" && report.nominated === true) {
      sum.rtt_ms = Math.max(sum.rtt_ms, number(report.currentRoundTripTime) * 1000);
    }
  }
  return { at_ms, ...sum, ...sound };
}

/** `earlier` is the reading before on the same peer; counters that went back (a new peer) count as nothing. */
export function statsBetween(earlier: Counters, now: Counters, previous: Stats | null): Stats {
  const seconds = Math.max(0.001, (now.at_ms - earlier.at_ms) / 1000);
  const received = Math.max(0, now.received - earlier.received);
  const lost = Math.max(0, now.lost - earlier.lost);
  const loss_in = received + lost === 0 ? 0 : lost / (received + lost);
  const measured = Math.max(loss_in, now.lost_out);
  const loss = previous ? previous.loss * (1 - WEIGHT) + measured * WEIGHT : measured;
  const samples = now.samples - earlier.samples;
  const made_up = samples > 0 ? Math.max(0, now.concealed - earlier.concealed) / samples : 0;
  // whoever has just come in has missed the beginning: that is not what the line is like
  const heard = mosFor(now.rtt_ms, now.jitter_ms, previous ? made_up : 0);
  const mos = previous?.mos ? previous.mos * (1 - WEIGHT) + heard * WEIGHT : heard;
  return {
    rtt_ms: Math.round(now.rtt_ms),
    loss: Math.round(loss * 1000) / 1000,
    kbps: Math.round((Math.max(0, now.bytes - earlier.bytes) * 8) / 1000 / seconds),
    level: levelFor(loss, now.rtt_ms),
    fps: Math.round(now.fps),
    mos: Math.round(10 * mos) / 10,
  };
}
