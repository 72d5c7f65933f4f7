"""Core system: undone wherever it is not known, or not wanted, what became of it."""

from __future__ import annotations

import pytest

from flow.commands import UndoCore
from tests.catalogue.stage import Stage
from tests.catalogue.ways import BOOK

AMOUNT = {"form.amount": 5}


def booked(config=BOOK, **more) -> Stage:
    return Stage("int.core", config, variables=AMOUNT, **more)


def undoings(stage: Stage) -> list[object]:
    return stage.requests("UndoCore")


@pytest.mark.parametrize("code", ["timeout", "internal"])
def test_without_an_end_it_is_undone(code: str):
    stage = booked().fails("AskCore", code)

    assert stage.outcome == "timeout"
    assert undoings(stage) == [
        UndoCore(connection="core", operation="place_order", key="node.1", reference="")
    ]


@pytest.mark.parametrize("code", ["no_connection", "blocked", "refused"])
def test_what_surely_was_not_done_is_not_undone(code: str):
    stage = booked().fails("AskCore", code)

    assert (stage.outcome, stage.outputs) == ("error", {"core.code": code})
    assert undoings(stage) == []


def test_a_query_leaves_nothing_to_undo():
    stage = booked({**BOOK, "effect": "query"}).fails("AskCore", "timeout")

    assert undoings(stage) == []


def test_a_token_that_is_taken_away_takes_the_booking_with_it():
    stage = booked().leaves("customer", deliberate=True)

    assert stage.outcome == "boundary:customer_drop"
    assert len(undoings(stage)) == 1


def test_a_refusal_that_is_being_read_needs_no_undoing():
    stage = booked(present=("customer", "agent"))
    stage.done("AskCore", state="declined", code="limit")

    stage.leaves("customer", deliberate=True)

    assert undoings(stage) == []


def test_what_is_undone_after_an_abort_is_known_to_the_run():
    stage = booked().done("AskCore", state="done", reference="B-1", values={"core.fee": 1.5})

    assert stage.outputs == {"core.ref": "B-1", "core.fee": 1.5}
    assert stage.state.done == ()  # the stage's run ended well, so nothing is left to undo


def test_the_agent_sees_a_refusal_with_its_reason():
    stage = booked(present=("customer", "agent"))
    stage.told("attempt", attempt=2)
    shown = stage.panel("agent")

    stage.done("AskCore", state="declined", code="limit")

    assert (shown["state"], shown["attempts"]) == ("unknown", 2)
    assert stage.panel("agent")["state"] == "declined"
    assert stage.panel("agent")["code"] == "limit"


def test_a_refusal_nobody_reads_goes_on_after_a_minute():
    stage = booked(present=("customer", "agent"))
    stage.done("AskCore", state="declined", code="limit").time("read")

    assert stage.outcome == "declined"
