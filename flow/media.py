"""What a flow says about the media of its call: the profile, from its settings and its steps.

The settings of the flow hold for the whole run. A step with settings of its own changes some of
them from the moment it begins until another such step does: a run's profile follows from its graph
and its state alone. A sub-flow is a guest in the call: its steps count, its own settings do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Final

from flow.graph import Graph, JsonObject, JsonValue, NodeId
from flow.state import RunState

VP8: Final = "vp8"
H264: Final = "h264"
HEIGHTS: Final = (240, 360, 480, 720)
"""Lines of a picture, the rungs of the ladder; below the lowest there is sound with stills."""
NEEDED_KBPS: Final[Mapping[int, int]] = {240: 100, 360: 250, 480: 400, 720: 800}
"""What a picture of so many lines needs to be of any use."""
LEAST_KBPS: Final = 50
MOST_KBPS: Final = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The media of a call. Heights are lines of a picture that stands upright on its short side."""

    max_height: int = 720
    min_height: int = 240
    """The browser goes no lower: it sends fewer pictures, or none where sound alone is allowed."""
    max_kbps: int = 1_800
    """Of one party's picture."""
    min_kbps: int = 150
    """No weak receiver brings what a party may send below this."""
    audio_only: bool = True
    """Whether the picture may be given up on a line that does not carry it."""
    codec: str = VP8
    """Of all pictures of the room: `vp8` or `h264`."""
    simulcast: bool = False
    """Whether a picture is sent in several sizes, for receivers of different lines."""
    echo_cancellation: bool = True
    noise_suppression: bool = True
    auto_gain: bool = True


NUMBERS: Final = ("max_height", "min_height", "max_kbps", "min_kbps")
FLAGS: Final = ("audio_only", "simulcast", "echo_cancellation", "noise_suppression", "auto_gain")
OF_A_STEP: Final = frozenset({*NUMBERS, "audio_only"})
"""What a step may change: the rest is settled when the call begins."""
KNOWN: Final = frozenset(one.name for one in fields(Profile))


def settings_of(graph: Graph) -> Mapping[str, JsonValue]:
    """What the flow itself says; {} when it says nothing, or not in the right shape."""
    said = graph.settings.get("media", {})
    return said if isinstance(said, dict) else {}


def made_of(*layers: Mapping[str, JsonValue]) -> Profile:
    """The usual profile, changed by each layer in turn; what does not fit is left as it was."""
    profile = Profile()
    for layer in layers:
        known = {name: value for name, value in layer.items() if _fits(name, value)}
        profile = replace(profile, **known)  # type: ignore[arg-type]  # `_fits` has looked
    return profile


def _fits(name: str, value: JsonValue) -> bool:
    if name in NUMBERS:
        return isinstance(value, int) and not isinstance(value, bool)
    if name in FLAGS:
        return isinstance(value, bool)
    return name == "codec" and value in (VP8, H264)


def profile_of(runs: Iterable[tuple[Graph, RunState]]) -> Profile:
    """The profile of a call now; `runs` are the run at the top, and the sub-flows in it."""
    pairs = list(runs)
    if not pairs:
        return Profile()
    changes = [change for graph, state in pairs if (change := last_change(graph, state))]
    newest = max(changes, key=lambda one: one[:3], default=None)
    base = settings_of(pairs[0][0])
    return made_of(base, newest[3]) if newest is not None else made_of(base)


def last_change(
    graph: Graph, state: RunState
) -> tuple[bool, int, NodeId, Mapping[str, JsonValue]] | None:
    """(has the token, when, step, settings) of the step that changed the media last.

    One that has the token comes before those that are over, the younger before the older; a span
    counts from its beginning.
    """
    found = [
        (one.span is None, one.started_at_ms, one.node, graph.nodes[one.node].media)
        for one in state.activities.values()
        if one.node in graph.nodes and graph.nodes[one.node].media
    ]
    found += [
        (False, state.passed[node.id].at_ms, node.id, node.media)
        for node in graph.nodes.values()
        if node.media and node.id in state.passed
    ]
    return max(found, key=lambda one: one[:3], default=None)


def to_json(profile: Profile) -> JsonObject:
    """As views and requests to workers carry it."""
    return dict(asdict(profile))
