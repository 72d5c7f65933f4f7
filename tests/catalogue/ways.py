"""Ways through every component: for each outcome at least one script that leaves by it."""

from __future__ import annotations

from collections.abc import Mapping

from flow.events import Role
from flow.graph import JsonValue
from tests.catalogue.stage import Json, Line, Way, line
from tests.catalogue.ways_of_logic import LOGIC

GOOD_DEVICE: Json = {
    "camera": "ok",
    "microphone": "ok",
    "speaker": "heard",
    "kbps": 2_400,
    "rtt_ms": 41,
    "label_camera": "FaceTime HD Camera",
    "audio_only": False,
}
FORM: list[JsonValue] = [
    {
        "name": "full_name",
        "type": "text",
        "label": {"en": "Full name"},
        "required": True,
        "max_length": 40,
    },
    {"name": "amount", "type": "number", "label": {"en": "Amount"}, "min": 1, "max": 1_000},
    {
        "name": "pin",
        "type": "text",
        "label": {"en": "PIN"},
        "privacy": "secret",
        "format": "9999",
    },
]
AGENT: Json = {"agent": "u1", "name": "Daniel Okafor", "staff_no": "40217"}
OTHER: Json = {"agent": "u2", "name": "Lin Mei", "staff_no": "30011"}
SHARP: Json = {
    "evidence": "e1",
    "sha256": "ab" * 32,
    "sharpness": 400.0,
    "width": 1280,
    "height": 720,
    "at_ms": 1_000_500,
}
BLURRED: Json = {**SHARP, "evidence": "e0", "sharpness": 4.0}
BOTH: tuple[Role, ...] = ("customer", "agent")


def shot(result: Json) -> tuple[Line, ...]:
    return line("act", "agent", "shoot"), line("done", "GrabFrame", **result)


def report(**changes: JsonValue) -> Line:
    return line("act", "customer", "report", **{**GOOD_DEVICE, **changes})


def tick(*phrases: str) -> tuple[Line, ...]:
    return tuple(line("act", "agent", "tick", phrase=one) for one in phrases)


def ringing(agent: Json = AGENT) -> Line:
    return line("done", "RingAgent", **agent)


_KEPT = {"type": "number", "privacy": "none"}
CALL: Json = {
    "connection": "crm",
    "method": "GET",
    "path": "/customers/{{form.id}}",
    "values": [{"name": "who.id", "expression": "form.id"}],
    "answer": [{"name": "core.limit", "pointer": "/limit", **_KEPT}],
}
BOOK: Json = {
    "connection": "core",
    "operation": "place_order",
    "effect": "commit",
    "payload": [{"name": "amount", "expression": "form.amount * 2"}],
    "answer": [{"name": "core.fee", "pointer": "/fee", **_KEPT}],
}
TELL: Json = {"connection": "sms", "channel": "sms", "to": "{{form.phone}}"}

WAYS: Mapping[str, tuple[Way, ...]] = {
    "entry.call": (
        Way(
            outcome="ok",
            config={"given": ["agent"], "inputs": [{"name": "amount", "type": "int"}]},
            variables={"amount": 200},
        ),
    ),
    "entry.link": (
        Way(outcome="ok", present=(), lines=(line("joins", "customer", ms=500),)),
        Way(outcome="ok"),
        Way(outcome="expired", present=(), lines=(line("time", "presence"),)),
    ),
    "access.device_check": (
        Way(outcome="ok", lines=(report(),)),
        Way(outcome="weak", lines=(report(kbps=100),)),
        Way(outcome="blocked", lines=(report(camera="refused"),)),
    ),
    "consent.ask": (
        Way(outcome="ok", lines=(line("act", "customer", "agree", ms=3_000),)),
        Way(outcome="declined", lines=(line("act", "customer", "decline", ms=1),)),
        Way(outcome="timeout", lines=(line("time", "answer"),)),
    ),
    "queue.wait": (
        Way(
            outcome="assigned",
            lines=(
                line("done", "Enqueue", position=3),
                line("told", "position", position=1, eta_s=30),
                line("told", "assigned", **AGENT),
            ),
        ),
        Way(
            outcome="timeout", lines=(line("done", "Enqueue", position=1), line("time", "max_wait"))
        ),
        Way(outcome="abandoned", lines=(line("act", "customer", "leave"),)),
        Way(outcome="closed", lines=(line("done", "Enqueue", position=1), line("told", "closed"))),
        Way(outcome="closed", lines=(line("fails", "Enqueue", "queue_closed"),)),
    ),
    "people.connect": (
        Way(
            outcome="ok",
            lines=(
                line("done", "OpenRoom", room="r", generation=1, worker="w"),
                ringing(),
                line("act", "agent", "accept"),
                line("done", "SeatAgent", participant="p"),
            ),
        ),
        Way(
            outcome="ok",
            lines=(
                ringing(),
                line("time", "ring"),
                ringing(OTHER),
                line("act", "agent", "accept"),
                line("done", "SeatAgent", participant="p"),
                line("done", "OpenRoom", room="r", generation=1, worker="w"),
            ),
        ),
        Way(
            outcome="no_answer",
            config={"reassign_max": 2},
            lines=(ringing(), line("time", "ring"), ringing(OTHER), line("time", "ring")),
        ),
        Way(outcome="busy", lines=(line("fails", "RingAgent", "busy"),)),
        Way(
            outcome="refused",
            config={"reassign_max": 1},
            lines=(ringing(), line("act", "agent", "decline")),
        ),
    ),
    "rec.start": (
        Way(
            outcome="ok",
            present=BOTH,
            lines=(line("done", "StartRecording", recording="r", started_at_ms=1_000_050),),
        ),
        Way(outcome="fail", present=BOTH, lines=(line("fails", "StartRecording", "timeout"),)),
        Way(outcome="fail", present=BOTH, lines=(line("time", "start"),)),
    ),
    "rec.stop": (
        Way(
            outcome="ok",
            present=BOTH,
            variables={"rec.id": "recording.1-5eed"},
            lines=(
                line("done", "StopRecording", recording="r", head="cd" * 32, duration_ms=61_500),
            ),
        ),
        Way(outcome="ok", present=BOTH),
        Way(
            outcome="ok",
            variables={"rec.id": "recording.1-5eed"},
            present=BOTH,
            lines=(line("time", "stop"),),
        ),
    ),
    "script.read": (
        Way(
            outcome="ok",
            present=BOTH,
            lines=(*tick("greeting", "recorded", "may_stop"), line("act", "agent", "done")),
        ),
        Way(outcome="deviation", present=BOTH, lines=(line("act", "agent", "done"),)),
        Way(
            outcome="skipped",
            present=BOTH,
            lines=(line("act", "agent", "skip", reason="The customer knows it"),),
        ),
    ),
    "media.snapshot": (
        Way(outcome="ok", present=BOTH, lines=(*shot(SHARP), line("act", "agent", "accept"))),
        Way(
            outcome="blurred",
            present=BOTH,
            config={"attempts": 2},
            lines=(*shot(BLURRED), *shot(BLURRED)),
        ),
    ),
    "id.capture": (
        Way(
            outcome="ok",
            present=BOTH,
            lines=(
                *shot(BLURRED),
                *shot(SHARP),
                *shot({**SHARP, "evidence": "e2"}),
                line("act", "agent", "accept"),
            ),
        ),
        Way(
            outcome="fail",
            present=BOTH,
            lines=(
                line("act", "agent", "shoot"),
                line("fails", "GrabFrame", "no_video"),
                line("act", "agent", "give_up", reason="Camera broken"),
            ),
        ),
        Way(outcome="unsupported", present=BOTH, lines=(line("act", "agent", "unsupported"),)),
    ),
    "doc.form": (
        Way(
            outcome="ok",
            present=BOTH,
            config={"fields": FORM},
            lines=(
                line("act", "customer", "focus", field="full_name"),
                line("act", "customer", "edit", field="full_name", value="Anna Vogel"),
                line("act", "agent", "edit", field="amount", value=250),
                line("act", "customer", "edit", field="pin", value="4471"),
                line("act", "customer", "submit"),
            ),
        ),
        Way(
            outcome="cancelled",
            present=BOTH,
            config={"fields": FORM},
            lines=(line("act", "agent", "cancel"),),
        ),
    ),
    "int.http": (
        Way(
            outcome="ok",
            config=CALL,
            variables={"form.id": "a/b"},
            lines=(line("done", "CallHttp", ok=True, status=200, values={"core.limit": 50.0}),),
        ),
        Way(
            outcome="ok",
            config={**CALL, "method": "POST"},
            variables={"form.id": "7"},
            lines=(
                line("told", "attempt", attempt=2),
                line("done", "CallHttp", ok=True, status=201, values={"core.limit": 50}),
            ),
        ),
        Way(
            outcome="error",
            config=CALL,
            variables={"form.id": "7"},
            lines=(line("done", "CallHttp", ok=True, status=200, values={"core.limit": "x"}),),
        ),
        Way(
            outcome="error",
            config={**CALL, "agent_reads": True},
            variables={"form.id": "7"},
            present=("customer", "agent"),
            lines=(
                line("done", "CallHttp", ok=False, status=404, values={}),
                line("act", "agent", "go_on"),
            ),
        ),
        Way(
            outcome="error",
            config=CALL,
            variables={"form.id": "7"},
            lines=(line("fails", "CallHttp", "unreachable"),),
        ),
        Way(
            outcome="timeout",
            config=CALL,
            variables={"form.id": "7"},
            lines=(line("fails", "CallHttp", "timeout"),),
        ),
    ),
    "int.core": (
        Way(
            outcome="ok",
            config=BOOK,
            variables={"form.amount": 5},
            lines=(
                line("told", "attempt", attempt=2),
                line("done", "AskCore", state="done", reference="B-1", values={"core.fee": 1.5}),
            ),
        ),
        Way(
            outcome="declined",
            config=BOOK,
            variables={"form.amount": 5},
            lines=(line("done", "AskCore", state="declined", code="limit"),),
        ),
        Way(
            outcome="declined",
            config=BOOK,
            variables={"form.amount": 5},
            present=("customer", "agent"),
            lines=(
                line("done", "AskCore", state="declined", code="limit"),
                line("act", "agent", "go_on"),
            ),
        ),
        Way(
            outcome="declined",
            config=BOOK,
            variables={"form.amount": 5},
            present=("customer", "agent"),
            lines=(line("done", "AskCore", state="declined", code="limit"), line("time", "read")),
        ),
        Way(
            outcome="error",
            config=BOOK,
            variables={"form.amount": 5},
            lines=(line("fails", "AskCore", "no_connection"),),
        ),
        Way(
            outcome="error",
            config=BOOK,
            variables={"form.amount": 5},
            lines=(line("done", "AskCore", state="done", reference="B-1", values={}),),
        ),
        Way(
            outcome="timeout",
            config={**BOOK, "effect": "query"},
            variables={"form.amount": 5},
            lines=(line("fails", "AskCore", "timeout"),),
        ),
    ),
    "int.notify": (
        Way(
            outcome="ok",
            config=TELL,
            variables={"form.phone": "+49 30 1"},
            lines=(line("done", "SendNotice", id="n-1"),),
        ),
        Way(
            outcome="ok",
            config={"connection": "hook", "channel": "webhook"},
            lines=(line("done", "SendNotice", id="n-1"),),
        ),
        Way(outcome="undelivered", config=TELL, variables={"form.phone": " "}),
        Way(
            outcome="undelivered",
            config={**TELL, "agent_reads": True},
            variables={"form.phone": "+49 30 1"},
            present=("customer", "agent"),
            lines=(line("fails", "SendNotice", "refused"), line("act", "agent", "go_on")),
        ),
    ),
    "rec.chapter": (Way(outcome="ok", config={"label": {"en": "Rights"}, "legal_step": "rights"}),),
    "end.success": (Way(outcome=""),),
    "end.reject": (Way(outcome=""),),
    "end.abort": (Way(outcome=""),),
    "end.defer": (Way(outcome=""),),
    **LOGIC,
}
"""Component -> its ways. An end has no outcome: the run closes."""
