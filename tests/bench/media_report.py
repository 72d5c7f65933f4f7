"""docs/media-figures.md from the rows of a run of the suite."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.bench.figures_page import ROOT, Goal, Row, head, others, table

PAGE = ROOT / "docs" / "media-figures.md"

GOALS = {
    "media.sessions_per_core": Goal(
        "recorded 720p calls of two on one core at ≤ 60 %, ≥ 99.9 % delivered", 40, 80
    ),
    "media.cpu_vs_janus": Goal("CPU of a recorded call / Janus 1.1.2, recording", 1.0, 0.5, True),
    "media.cpu_vs_relay": Goal("the same / MediaRelay + MediaRecorder", 0.04, 0.0167, True),
    "media.latency_p50": Goal("added one-way latency, unloaded", 1, 0.2, True),
    "media.latency_p99": Goal("the same, p99", 10, 2, True),
    "join.first_frame_p50": Goal("link opened to first picture of the other", 500, 300, True),
    "media.failover_p95": Goal("worker killed to media back, p95", 2000, 1000, True),
    "media.drain_gap_p95": Goal("hole while a worker hands its rooms over, p95", 300, 200, True),
    "media.network_change": Goal("client's address changed to media back", 3000, 1500, True),
    "media.recording_lost_per_kill": Goal("worst loss of a SIGKILL", 1000, 500, True),
    "media.loss30_audio_concealed": Goal("30 % loss each leg, 50 ms each way", 5, 2, True),
    "media.loss30_video_fps": Goal("the same", 60, 90),
    "media.loss70_audio_concealed": Goal("70 % loss on one leg, 50 ms each way", 10, 5, True),
    "media.rss_per_session": Goal("the worker's memory for each recorded call", 4, 2, True),
    "media.rss_slope": Goal("its growth under 70 % of a core", 1, 0.2, True),
}
BOUNDS = {
    "media.cpu_vs_janus": (
        "some three fifths of the worker's processor time are CPython's interpreter (perf: 62 % in "
        "libpython, the rest cryptography, memory and kernel), where Janus runs C; the forwarding "
        "path takes two thirds of it, the recorder a quarter (py-spy)"
    ),
    "media.loss30_audio_concealed": (
        "what is lost between the sender and the worker: the browser repeats each sound once, and "
        "again once a round trip when asked, later than the other's buffer waits; on the way out "
        "the worker repeats it unasked"
    ),
    "media.loss30_video_fps": (
        "the sender's own rate control, which takes the loss for a full network and leaves 30 to "
        "100 kb/s, and key frames after pictures that could not be had again within a second"
    ),
    "media.loss70_audio_concealed": (
        "the way from the sender to the worker: its rate control leaves some 80 kb/s, and what is "
        "to be sent again waits behind pictures; the way to the customer alone is in the curve"
    ),
    "media.recording_lost_per_kill": (
        "clusters of 400 ms, written 150 ms after their last packet, on a beat of 100 ms"
    ),
}
"""What was found to hold back what misses its aim."""
WAYS = {"ours": "Counterflow", "janus": "Janus 1.1.2", "relay": "aiortc MediaRelay"}
LEGS = {
    "70-one": "70 %, one leg, both ways",
    "70-from": "70 %, only from the customer",
    "70-to": "70 %, only to the customer",
}
MEASURES = ("concealed", "sound", "fps", "frozen", "sent_kbps")
HEADINGS = "| loss | server | concealed | audio frames | video fps | frozen | sent, kb/s |"
HOW = """
## How

`make bench SUITE=media` takes some 25 minutes. `KILLS=50 MINUTES=10 make bench SUITE=media` is the
long form: 50 kills for the failover, ten minutes for the slope of memory. Every part is a script of
`tests/bench` that can be run alone; one that fails leaves its figures out and the others in.

- The network is the project's own rig (`tests/rig`): namespaces joined by a process in user space
  that loses, delays, reorders, doubles and holds back packets. It needs root and `/dev/net/tun`.
  What it does is measured first, on plain sockets (`rig.*` above).
- Loss curve: two stock Chromium (640x360 at 20 pictures a second, one size, Opus), each behind a
  link of its own with 50 ms each way, in a call of two through the server. "Each leg": both links
  lose that share both ways, so a packet is lost on the way in or on the way out, and reports and
  requests to send again are lost as well. "One leg": only the customer's link loses. Every point is
  a new call, under loss for a while before it is measured; both directions are counted together,
  but of a loss only one way that direction. Concealed: of the samples played, those the receiver
  made up. Audio frames: real sound of the time measured. Fps: pictures
  decoded, of those the camera takes. Frozen: of the time, getStats' freezes and a still end.
  Ours and Janus record meanwhile, MediaRelay does not. Each server gets from the browsers what its
  own pages would offer: ours asks for sound to be sent again as well.
- CPU and memory: parties that are cheap (`tests/bench/media_party.py`: real ICE, DTLS and SRTP,
  made-up VP8 and Opus of 720p30 at 1.5 Mb/s, 200 packets a second) and the same for both servers,
  in turns. Janus runs its `videocall` plugin and records .mjr. Against MediaRelay and MediaRecorder
  it is VGA at 700 kb/s from stock aiortc: 720p is more than that way can carry here.
- Latency: `send` of one party to the wake of the other, one call; it holds the wakes of sender,
  worker and receiver.
- Failover, drain and network change: real pages on a real site (`make run`), from the kill, the
  order or the change to the first picture after the hole, on both screens.
- Recording lost: stock aiortc peers send numbered pictures and sounds; the worker is killed, and
  what its next start delivers is compared with what had been sent. Every picture must decode.
"""


def write(lines: Sequence[str]) -> None:
    """`lines`: one JSON object each, as the measures print them."""
    rows = [json.loads(line) for line in lines]
    points = [row for row in rows if "point" in row]
    beside = [row for row in rows if row["name"] not in GOALS and "point" not in row]
    top = head("Figures of the media plane", "make bench SUITE=media")
    parts = (table(GOALS, rows), _bounds(rows), others(beside), _curve(points))
    text = [*top, *(line for part in parts for line in part), HOW]
    PAGE.write_text("\n".join(text), encoding="utf-8")


def _bounds(rows: Sequence[Row]) -> list[str]:
    """What holds back those that miss their aim, as far as it is known."""
    values = {row["name"]: float(row["value"]) for row in rows if row["name"] in GOALS}
    missing = [name for name, one in values.items() if GOALS[name].verdict(one) != "aim reached"]
    told = [f"- `{name}`: {BOUNDS[name]}." for name in missing if name in BOUNDS]
    return ["", "What bounds those that miss their aim, as far as it was found:", "", *told]


def _curve(points: Sequence[Row]) -> list[str]:
    if not points:
        return []
    lines = ["", "## Loss curve", "", HEADINGS, "|---|---|---|---|---|---|---|"]
    for row in points:
        _, way, which = row["name"].split(".")
        loss = LEGS.get(which, f"{which} %, each leg")
        told = row["point"]
        cells = [f"{told[name]:g}" + ("" if name == "sent_kbps" else " %") for name in MEASURES]
        lines.append(f"| {loss} | {WAYS[way]} | {' | '.join(cells)} |")
    return lines
