/** Measures a person's line before there is a room: this page's own files down, one small answer for the delay. */

export interface Line {
  readonly kbps: number;
  readonly rtt_ms: number;
}

const ROUNDS = 4;
const LIMIT_MS = 8000;
/** Files already fetched are small; beyond this the number says nothing more. */
const MOST_KBPS = 20_000;

/** The middle value; 0 for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Adresses of this page's own scripts and styles. */
function ownFiles(): readonly string[] {
  const files = performance.getEntriesByType("resource").map((entry) => entry.name);
  return files.filter((name) => name.startsWith(location.origin) && /\.(js|css)$/.test(name));
}

async function fetchBytes(url: string, signal: AbortSignal): Promise<number> {
  const response = await fetch(url, { cache: "no-store", signal });
  return (await response.arrayBuffer()).byteLength;
}

async function roundTrip(signal: AbortSignal): Promise<number> {
  const start = performance.now();
  await fetch("/healthz", { method: "HEAD", cache: "no-store", signal });
  return performance.now() - start;
}

/** Zeroes when the line gave no answer in time. */
export async function measureLine(): Promise<Line> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), LIMIT_MS);
  try {
    const trips: number[] = [];
    for (let n = 0; n < ROUNDS; n += 1) trips.push(await roundTrip(limit.signal));
    const start = performance.now();
    const sizes = await Promise.all(ownFiles().map((url) => fetchBytes(url, limit.signal)));
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    const kbps = (bytes * 8) / Math.max(1, performance.now() - start);
    return { kbps: Math.min(MOST_KBPS, Math.round(kbps)), rtt_ms: Math.round(median(trips)) };
  } catch {
    return { kbps: 0, rtt_ms: 0 };
  } finally {
    clearTimeout(timer);
  }
}
