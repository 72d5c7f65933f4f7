"""Notify: whom it goes to, in which words."""

from __future__ import annotations

import pytest

from flow.commands import SendNotice
from tests.catalogue.stage import Stage
from tests.catalogue.ways import TELL

TEXT = {"en": "Order {{core.ref}}", "zh-Hans": "订单 {{core.ref}}"}


def asked(stage: Stage) -> SendNotice:
    (request,) = stage.requests("SendNotice")
    assert isinstance(request, SendNotice)
    return request


@pytest.mark.parametrize(("locale", "text"), [("en", "Order B-1"), ("zh-Hans", "订单 B-1")])
def test_the_text_is_in_the_customer_s_language(locale: str, text: str):
    known = {"form.phone": "+49 30 1", "core.ref": "B-1"}
    stage = Stage("int.notify", {**TELL, "text": TEXT}, variables=known, locale=locale)

    assert (asked(stage).to, asked(stage).text) == ("+49 30 1", text)


def test_without_an_address_nobody_is_asked():
    stage = Stage("int.notify", TELL, variables={"form.phone": ""})

    assert stage.outcome == "undelivered"
    assert stage.asked == []


def test_a_missing_address_is_none():
    stage = Stage("int.notify", TELL, variables={"form.other": "1"})

    assert stage.outcome == "undelivered"


def test_a_webhook_carries_values_and_no_address():
    config = {
        "connection": "hook",
        "channel": "webhook",
        "to": "{{form.phone}}",
        "values": [{"name": "ref", "expression": "core.ref"}],
    }
    stage = Stage("int.notify", config, variables={"core.ref": "B-1", "form.phone": "1"})

    assert (asked(stage).to, asked(stage).values) == ("", {"ref": "B-1"})


def test_a_message_that_was_not_taken_is_undelivered():
    stage = Stage("int.notify", TELL, variables={"form.phone": "1"}).fails("SendNotice", "refused")

    assert stage.outcome == "undelivered"
