"""Several services in one call, and each of them alone."""

from __future__ import annotations

import pytest

from tests.components.shipped import Call


class TestCounterServices:
    def test_two_services_and_the_end_in_one_call(self):
        call = counter().act("agent", "choose", item="phone")
        call.served("change-phone-number", **{"form.mobile": "+49 170 4471"})
        call.act("customer", "choose", item="limit")
        call.served("raise-limit", kind="success", **{"form.daily_limit": 900.0})

        call.act("agent", "finish").stopped()

        assert call.ending == "done"
        assert call.state.variables["customer.mobile"] == "+49 170 4471"
        assert call.state.variables["customer.daily_limit"] == 900.0

    def test_a_service_that_fails_leads_back_to_the_menu(self):
        call = counter().act("agent", "choose", item="limit").served("raise-limit", kind="defer")

        assert call.step.node == "menu"
        assert call.state.variables["subflow.kind"] == "defer"

    @pytest.mark.parametrize(("limit", "ending"), [(50_000, "raised"), (50_001, "second_look")])
    def test_a_limit_above_the_ceiling_gets_a_second_look(self, limit: int, ending: str):
        call = Call("raise-limit", {"limit.ceiling": 50_000.0})

        for field, value in {"daily_limit": limit, "reason": "car", "confirmed": True}.items():
            call.act("customer", "edit", field=field, value=value)
        call.act("customer", "submit")

        assert call.ending == ending

    def test_a_number_may_stay_as_it_was(self):
        assert Call("change-phone-number").act("customer", "cancel").ending == "kept"


def counter() -> Call:
    """The counter call up to its menu."""
    return Call("counter-services").checked().agreed().queued().connected().recording()
