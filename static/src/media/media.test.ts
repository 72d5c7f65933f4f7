import { expect, test } from "vitest";
import { NEW_RUN, type RunState, type View } from "../api/socket";
import { levelOf } from "./level";
import { median } from "./network";
import { obstacle, problemOf } from "./problem";
import { isCompanyExpected, roomWanted } from "./room";
import { sendersByMid, withAudioNack } from "./sdp";
import { countersOf, levelFor, mosFor, statsBetween } from "./stats";
import { look, startWatch } from "./watchdog";

const SDP = [
  "v=0",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111 63",
  "a=mid:0",
  "a=sendrecv",
  "a=msid:agent-1 a0",
  "a=rtpmap:111 opus/48000/2",
  "m=video 9 UDP/TLS/RTP/SAVPF 96",
  "a=mid:1",
  "a=recvonly",
  "a=msid:agent-1 v0",
  "m=video 9 UDP/TLS/RTP/SAVPF 96",
  "a=mid:2",
  "a=sendonly",
  "a=msid:- v1",
  "",
].join("\r\n");

test("a line belongs to the participant of its msid, if it sends", () => {
  expect([...sendersByMid(SDP)]).toEqual([["0", "agent-1"]]);
});

test("a further picture of a participant is told apart from their own", () => {
  const shared =
    "v=0\r\nm=video 9 x\r\na=mid:4\r\na=sendonly\r\na=msid:agent-1 agent-1-video-2\r\n";

  expect([...sendersByMid(shared)]).toEqual([["4", "agent-1/2"]]);
});

test("retransmission of sound is asked for once", () => {
  const asked = withAudioNack(SDP);

  expect(asked).toContain("a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 nack\r\n");
  expect(withAudioNack(asked)).toBe(asked);
  expect(withAudioNack("v=0\r\n")).toBe("v=0\r\n");
});

test.each([
  ["NotAllowedError", "refused"],
  ["NotFoundError", "missing"],
  ["NotReadableError", "busy"],
  ["SecurityError", "insecure"],
])("%s is told as %s", (name, problem) => {
  expect(problemOf(new DOMException("", name))).toBe(problem);
});

test("an insecure page is named before a missing ability", () => {
  const nothing = { isSecure: false, hasDevices: false, hasPeers: true };

  expect(obstacle(nothing)).toBe("insecure");
  expect(obstacle({ ...nothing, isSecure: true })).toBe("unsupported");
  expect(obstacle({ isSecure: true, hasDevices: true, hasPeers: true })).toBeNull();
});

test("nothing for half a second is a stall, for a second and a half a reason to restart", () => {
  const flowing = look(startWatch(0), 100, true, 0);
  const still = look(flowing.watch, 100, true, 499);
  const stalled = look(still.watch, 100, true, 500);
  const restart = look(stalled.watch, 100, true, 1500);
  const soon = look(restart.watch, 100, true, 1750);
  const again = look(soon.watch, 100, true, 4500);

  const told = [flowing, still, stalled, restart, soon, again];
  expect(told.map((one) => one.isStalled)).toEqual([false, false, true, true, true, true]);
  expect(told.map((one) => one.mustRestart)).toEqual([false, false, false, true, false, true]);
});

test("silence of nobody is no stall", () => {
  const alone = look(look(startWatch(0), 100, true, 0).watch, 100, false, 9000);
  const early = look(startWatch(0), 0, true, 9000);

  expect([alone.isStalled, early.isStalled]).toEqual([false, false]);
});

test("statistics are rates between two readings of all streams", () => {
  const early = countersOf([{ type: "inbound-rtp", bytesReceived: 1000, packetsReceived: 10 }], 0);
  const late = countersOf(
    [
      { type: "inbound-rtp", bytesReceived: 126_000, packetsReceived: 108, packetsLost: 2 },
      { type: "outbound-rtp", bytesSent: 125_000 },
      { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.04 },
      { type: "candidate-pair", nominated: false, currentRoundTripTime: 3 },
    ],
    1000,
  );

  expect(statsBetween(early, late, null)).toEqual({
    rtt_ms: 40,
    loss: 0.02,
    kbps: 2000,
    level: 4,
    fps: 0,
    mos: 4.4,
  });
});

test("counters of a fresh peer do not count backwards", () => {
  const old = { ...countersOf([], 0), bytes: 900_000, received: 900 };

  expect(statsBetween(old, countersOf([], 1000), null)).toMatchObject({ kbps: 0, loss: 0 });
});

test("one bad second does not shake the screen, a bad spell does", () => {
  const good = { rtt_ms: 40, loss: 0, kbps: 900, level: 4, fps: 20, mos: 4.4 };
  const base = countersOf([], 0);
  const bad = { ...base, at_ms: 1000, lost_out: 0.3 };
  const first = statsBetween(base, bad, good);
  const second = statsBetween(bad, { ...bad, at_ms: 2000 }, first);

  expect([first.level, second.level]).toEqual([2, 1]);
});

test("delay alone lowers the level", () => {
  expect([levelFor(0, 100), levelFor(0, 300), levelFor(0, 2000)]).toEqual([4, 3, 1]);
});

test("silence is nothing and a loud tone is full", () => {
  const loud = Float32Array.from({ length: 512 }, (_, n) => Math.sin(n / 3));

  expect(levelOf(new Float32Array(512))).toBe(0);
  expect(levelOf(loud)).toBe(1);
});

test("the middle of uneven readings is no average", () => {
  expect([median([900, 20, 21]), median([])]).toEqual([21, 0]);
});

function inRoom(room: View["room"], status = "open"): RunState {
  const people = [{ id: "agent-1", present: true }];
  return { ...NEW_RUN, view: { run: { status }, room, people } as unknown as View };
}

test("a page enters the generation it is told and waits while the room is placed anew", () => {
  expect(roomWanted(NEW_RUN)).toBeNull();
  expect(roomWanted(inRoom(null))).toBeNull();
  expect(roomWanted(inRoom({ generation: 2, interrupted: false }))).toBe(2);
  expect(roomWanted(inRoom({ generation: 2, interrupted: true }))).toBe("wait");
  expect(roomWanted(inRoom({ generation: 2, interrupted: false }, "closed"))).toBeNull();
});

test("company is expected from those present whose lines we have", () => {
  const state = inRoom({ generation: 1, interrupted: false });

  expect(isCompanyExpected(state, ["agent-1"])).toBe(true);
  expect(isCompanyExpected(state, ["agent-2"])).toBe(false);
});

test("speech sounds worse the later it comes and the more of it is made up", () => {
  const heard = [mosFor(20, 2, 0), mosFor(400, 10, 0), mosFor(20, 2, 0.05), mosFor(2000, 50, 0.6)];

  expect(heard[0]).toBeGreaterThan(4.2);
  expect(heard).toEqual([...heard].sort((a, b) => b - a));
  expect(heard.at(-1)).toBe(1);
});

test("sound that was made up counts, silence that was made up does not", () => {
  const sound = { type: "inbound-rtp", kind: "audio", totalSamplesReceived: 48_000 };
  const hurt = { ...sound, concealedSamples: 4_800, silentConcealedSamples: 0, jitter: 0.004 };
  const base = countersOf([], 0);
  const before = statsBetween(base, base, null);

  const clean = statsBetween(
    base,
    countersOf([{ ...hurt, silentConcealedSamples: 4_800 }], 1000),
    before,
  );
  const bad = statsBetween(base, countersOf([hurt], 1000), before);

  expect(bad.mos).toBeLessThan(clean.mos ?? 0);
});
