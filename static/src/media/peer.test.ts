import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { MediaResult } from "../api/socket";
import { USUAL_MEDIA } from "../flow/media";
import { RoomPeer } from "./peer";

/** Keeps the signalling states of W3C webrtc §4.4 and remembers what was said. */
class FakePeer {
  static last: FakePeer;
  signalingState = "stable";
  connectionState = "new";
  localDescription: { type: string; sdp: string } | null = null;
  remoteDescription: { type: string; sdp: string } | null = null;
  readonly said: string[] = [];
  /** Who may use TURN servers, at each telling. */
  readonly allowed: string[] = [];
  offers = 0;

  constructor(configuration: RTCConfiguration) {
    FakePeer.last = this;
    this.setConfiguration(configuration);
  }

  setConfiguration(configuration: RTCConfiguration) {
    const servers = configuration.iceServers ?? [];
    this.allowed.push(servers.map((one) => one.username).join());
  }

  addTransceiver(kind: unknown, options: unknown) {
    this.said.push(`line ${String(kind)} ${(options as { direction: string }).direction}`);
    return { sender: { replaceTrack: async () => undefined } };
  }

  async createOffer(options: { iceRestart?: boolean }) {
    this.offers += 1;
    return { type: "offer", sdp: `offer${this.offers}${options.iceRestart ? " restart" : ""}` };
  }

  async createAnswer() {
    return { type: "answer", sdp: "our answer" };
  }

  async setLocalDescription(description: { type: string; sdp: string }) {
    this.said.push(`local ${description.type}`);
    if (description.type !== "rollback") this.localDescription = description;
    this.signalingState = description.type === "offer" ? "have-local-offer" : "stable";
  }

  async setRemoteDescription(description: { type: string; sdp: string }) {
    this.said.push(`remote ${description.type}`);
    this.remoteDescription = description;
    this.signalingState = description.type === "offer" ? "have-remote-offer" : "stable";
  }

  getTransceivers() {
    return [{ mid: "0", receiver: { track: "sound of agent" } }];
  }

  close() {
    this.signalingState = "closed";
  }
}

const answerOf = (sdp: string): MediaResult => ({
  ok: true,
  answer: { type: "media", id: "x", op: "answer", sdp, generation: 1 },
});
const OF_AGENT = "v=0\r\nm=audio 9 x\r\na=mid:0\r\na=sendrecv\r\na=msid:agent-1 a\r\n";

const RELAYS = [{ urls: ["turn:relay.example"], username: "1:me", credential: "proof" }];

type Asked = { op: string; sdp: string; reply: (result: MediaResult) => void };

function makePeer({ relays = () => RELAYS, mayLeave = true } = {}) {
  const asked: Asked[] = [];
  const answers: string[] = [];
  const refused: string[] = [];
  const tracks: unknown[] = [];
  const peer = new RoomPeer(
    1,
    {
      ask: (op, { sdp }) => new Promise((reply) => asked.push({ op, sdp, reply })),
      answer: (id, sdp) => answers.push(`${id}: ${sdp}`),
      relays,
    },
    {
      onState: () => undefined,
      onTracks: (all) => tracks.push(Object.fromEntries(all)),
      onRefused: (reason) => refused.push(reason),
    },
    { profile: USUAL_MEDIA, height: 720 },
  );
  peer.start({ audio: null, video: null }, null as unknown as MediaStream);
  if (mayLeave) peer.go();
  return { peer, asked, answers, refused, tracks };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => vi.stubGlobal("RTCPeerConnection", FakePeer));
afterEach(() => vi.unstubAllGlobals());

test("a connection knows the TURN servers from the start, and anew for each new path", () => {
  const { peer } = makePeer();

  peer.restart();

  expect(FakePeer.last.allowed).toEqual(["1:me", "1:me"]);
});

test("an offer that was readied early leaves when it may, by the ways that are allowed then", async () => {
  let relays: typeof RELAYS = [];
  const { peer, asked } = makePeer({ relays: () => relays, mayLeave: false });
  await settled();
  expect(FakePeer.last.offers).toBe(1);
  expect(FakePeer.last.said).not.toContain("local offer");

  relays = RELAYS;
  peer.go();
  await settled();

  expect(FakePeer.last.allowed).toEqual(["", "1:me"]);
  expect(asked).toMatchObject([{ op: "offer", sdp: "offer1" }]);
});

test("the first offer has a line for sound and one for picture even without devices", async () => {
  const { asked } = makePeer();
  await settled();

  const lines = FakePeer.last.said.slice(0, 2);
  expect(lines).toEqual(["line audio sendrecv", "line video sendrecv"]);
  expect(asked).toMatchObject([{ op: "offer", sdp: "offer1" }]);
});

test("an answer tells whose tracks they are", async () => {
  const { asked, tracks } = makePeer();
  await settled();

  asked[0]?.reply(answerOf(OF_AGENT));
  await settled();

  expect(tracks.at(-1)).toEqual({ "agent-1": ["sound of agent"] });
});

test("when both offer at once the browser gives way and offers again", async () => {
  const { peer, asked, answers, tracks } = makePeer();
  await settled();

  peer.takeOffer("w1", OF_AGENT);
  await settled();

  expect(answers).toEqual(["w1: our answer"]);
  expect(asked.map((one) => one.sdp)).toEqual(["offer1", "offer2"]);
  asked[0]?.reply(answerOf("late answer to a withdrawn offer"));
  await settled();
  expect(FakePeer.last.said).not.toContain("remote answer");
  expect(tracks.at(-1)).toEqual({ "agent-1": ["sound of agent"] });
});

test("a refused offer leaves the peer ready for another", async () => {
  const { asked, refused } = makePeer();
  await settled();

  asked[0]?.reply({ ok: false, reason: "no_room" });
  await settled();

  expect(refused).toEqual(["no_room"]);
  expect(FakePeer.last.signalingState).toBe("stable");
});

test("a restart asks for new ways on the same peer", async () => {
  const { peer, asked } = makePeer();
  await settled();
  asked[0]?.reply(answerOf(OF_AGENT));
  await settled();

  peer.restart();
  await settled();

  expect(asked.at(-1)).toMatchObject({ op: "restart", sdp: "offer2 restart" });
});

test("the worker's offers are answered one after another, whenever they come", async () => {
  const { peer, asked, answers } = makePeer();
  await settled();

  for (const id of ["w1", "w2", "w3"]) peer.takeOffer(id, OF_AGENT);
  await settled();
  await settled();

  expect(answers).toEqual(["w1: our answer", "w2: our answer", "w3: our answer"]);
  expect(FakePeer.last.said.filter((one) => one === "local rollback")).toHaveLength(1);
  expect(asked).toHaveLength(2);
});

test("an offer that the room refuses for its own does not stand in the way of its offer", async () => {
  const { peer, asked, answers, refused } = makePeer();
  await settled();
  asked[0]?.reply(answerOf(OF_AGENT));
  await settled();
  peer.offer("offer");
  await settled();

  asked[1]?.reply({ ok: false, reason: "again" });
  peer.takeOffer("w1", OF_AGENT);
  await settled();
  await settled();

  expect(answers).toEqual(["w1: our answer"]);
  expect(refused.filter((reason) => reason !== "again")).toEqual([]);
});

test("a second picture has a line of its own, which the next one uses again", async () => {
  const { peer, asked } = makePeer();
  await settled();
  asked[0]?.reply(answerOf(OF_AGENT));
  await settled();
  const screen = "screen" as unknown as MediaStreamTrack;

  await peer.share(screen, null as unknown as MediaStream);
  await settled();
  asked[1]?.reply(answerOf(OF_AGENT));
  await settled();
  await peer.share(null, null as unknown as MediaStream);
  await settled();
  asked[2]?.reply(answerOf(OF_AGENT));
  await settled();
  await peer.share(screen, null as unknown as MediaStream);
  await settled();

  const lines = FakePeer.last.said.filter((one) => one.startsWith("line"));
  expect(lines.slice(2)).toEqual(["line screen sendonly"]);
  expect(asked).toHaveLength(4);
});
