"""Ways through the components that only decide: see `tests.catalogue.ways`."""

from __future__ import annotations

from collections.abc import Mapping

from tests.catalogue.stage import Json, Line, Way, line

SERVICES: list[Json] = [
    {"id": "phone", "label": {"en": "Change phone number"}},
    {"id": "limit", "label": {"en": "Raise limit"}},
]
CHILD_DONE: Json = {"run": "c1", "kind": "success", "code": "ok", "outputs": {"form.limit": 900}}
CHILD: Line = line("done", "StartChildRun", run="c1", flow="raise-limit", number=3, hash="ab" * 32)

LOGIC: Mapping[str, tuple[Way, ...]] = {
    "logic.branch": (
        Way(
            outcome="large",
            config={
                "cases": [{"id": "large", "label": {"en": "Large"}, "expression": "amount > 10"}]
            },
            variables={"amount": 11},
        ),
        Way(
            outcome="else",
            config={
                "cases": [{"id": "large", "label": {"en": "Large"}, "expression": "amount > 10"}]
            },
            variables={"amount": 10},
        ),
    ),
    "logic.set": (
        Way(
            outcome="ok",
            config={
                "assignments": [
                    {"name": "fee.rate", "type": "number", "expression": "0.5"},
                    {"name": "fee.total", "type": "number", "expression": "fee.rate * 4.0"},
                ]
            },
        ),
    ),
    "logic.parallel": tuple(
        Way(
            outcome=one,
            config={
                "branches": [
                    {"id": "form", "label": {"en": "Form"}},
                    {"id": "script", "label": {"en": "Script"}},
                ]
            },
        )
        for one in ("form", "script")
    ),
    "logic.join": (
        Way(outcome="all", lines=(line("arrives"),)),
        Way(outcome="any", config={"mode": "any"}),
        Way(outcome="timeout", config={"limit_s": 30}, lines=(line("time", "limit"),)),
    ),
    "logic.retry": (
        Way(outcome="again", config={"max": 1}),
        Way(outcome="exhausted", config={"max": 1}, back="again"),
    ),
    "logic.wait": (
        Way(outcome="timeout", config={"timeout_s": 5}, lines=(line("time", "limit"),)),
        Way(
            outcome="event",
            config={
                "event": "core.booked",
                "fields": [
                    {"name": "number", "type": "string", "privacy": "personal"},
                    {"name": "amount", "type": "number"},
                ],
            },
            lines=(line("notified", "core.booked", number="4711", amount=2.5),),
        ),
        Way(outcome="timeout", config={"event": "core.booked"}, lines=(line("time", "limit"),)),
    ),
    "logic.subflow": (
        Way(
            outcome="ok",
            config={
                "flow": "raise-limit",
                "inputs": [{"name": "limit.old", "value": "amount * 2"}],
                "outputs": [{"name": "limit.new", "from": "form.limit", "type": "int"}],
            },
            variables={"amount": 200},
            lines=(CHILD, line("told", "child_ended", **CHILD_DONE)),
        ),
        Way(
            outcome="fail",
            config={"flow": "raise-limit", "version": "latest"},
            lines=(CHILD, line("told", "child_ended", **{**CHILD_DONE, "kind": "abort"})),
        ),
        Way(outcome="fail", config={"flow": "gone"}, lines=(line("fails", "StartChildRun"),)),
    ),
    "logic.menu": tuple(
        Way(outcome=one, present=("customer", "agent"), config={"items": SERVICES}, lines=(how,))
        for one, how in (
            ("phone", line("act", "customer", "choose", item="phone")),
            ("limit", line("act", "agent", "choose", item="limit")),
            ("finish", line("act", "agent", "finish")),
        )
    ),
}
