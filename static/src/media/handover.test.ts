import { expect, test } from "vitest";
import { Handover } from "./handover";
import type { RoomPeer } from "./peer";

const TRACK = { id: "v0" } as MediaStreamTrack;
const TRACKS = new Map([["agent-1", [TRACK]]]);

function peer(hears: boolean): RoomPeer & { readonly closed: () => boolean } {
  let isClosed = false;
  const one = { hears: () => hears, close: () => (isClosed = true), closed: () => isClosed };
  return one as unknown as RoomPeer & { readonly closed: () => boolean };
}

test("the former connection is shown until the new one delivers everybody, and ends later", () => {
  const handover = new Handover();
  const former = peer(true);
  handover.begin(former, ["agent-1"], 0);

  expect(handover.look(peer(true), new Map(), 100)).toBe(false);
  expect(handover.look(peer(false), TRACKS, 100)).toBe(false);
  expect(handover.isUnderWay).toBe(true);
  expect(handover.look(peer(true), TRACKS, 200)).toBe(true);
  expect(handover.isUnderWay).toBe(false);
  expect(former.closed()).toBe(false);

  expect(handover.look(peer(true), TRACKS, 1300)).toBe(false);
  expect(former.closed()).toBe(true);
});

test("somebody who never comes over keeps nobody for long", () => {
  const handover = new Handover();
  handover.begin(peer(true), ["agent-1"], 0);

  expect(handover.look(peer(false), TRACKS, 2900)).toBe(false);
  expect(handover.look(peer(false), TRACKS, 3000)).toBe(true);
});

test("a connection that is left for another is closed", () => {
  const handover = new Handover();
  const [first, second] = [peer(true), peer(true)];

  handover.begin(first, [], 0);
  handover.begin(second, [], 10);

  expect([first.closed(), second.closed()]).toEqual([true, false]);
});
