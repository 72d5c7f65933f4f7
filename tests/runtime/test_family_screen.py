"""One screen for a run and its sub-flows: what is shown, where acts go, the seq of it all."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from channels.db import database_sync_to_async as in_db

from flow.errors import EventRefusedError
from runtime import family, screens
from runtime.clock import now_ms
from runtime.standing import Seat
from tests.runtime import builders
from tests.runtime.builders import Client, edge, end, graph, node
from tests.runtime.families import (
    act,
    caller_graph,
    child_graph,
    child_of,
    entered,
    fill,
    kinds_of,
    marked,
    seen,
)


@pytest.mark.django_db
class TestActing:
    def test_an_act_goes_to_the_run_that_shows_the_activity(self):
        run = entered()

        act(run, child_of(run), "edit", field="limit", value=900)

        assert kinds_of(child_of(run))[-1] == "Acted"
        assert "Acted" not in kinds_of(run)

    def test_a_run_of_another_family_is_not_reached(self):
        run = entered()
        stranger = builders.entered(caller_graph())
        builders.perform_all()

        with pytest.raises(EventRefusedError) as refused:
            act(run, child_of(stranger), "submit")

        assert refused.value.reason == "unknown_activity"

    def test_an_ended_child_takes_nothing(self):
        run = entered()
        child = child_of(run)
        fill(run, child)

        with pytest.raises(EventRefusedError):
            act(run, child, "edit", field="limit", value=1)

    def test_the_same_act_again_changes_nothing_and_is_answered(self):
        run = entered()
        child = child_of(run)
        first = act(run, child, "edit", key="act:1", field="limit", value=900)

        again = act(run, child, "edit", key="act:1", field="limit", value=900)

        assert again == first


@pytest.mark.django_db
class TestSeeing:
    def test_the_panel_of_the_child_stands_on_the_screen_of_the_root(self):
        run = entered()
        child = child_of(run)

        view: Any = seen(run, "customer").view

        assert [one["id"] for one in view["activities"]] == [marked(child, "form.1")]
        assert view["run"]["id"] == str(run.pk)

    def test_steps_of_the_child_stand_under_the_step_that_calls_it(self):
        run = entered()
        child = child_of(run)

        view: Any = seen(run).view

        (service,) = [one for one in view["steps"] if one["node"] == "service"]
        assert [one["node"] for one in service["steps"]] == [
            marked(child, one) for one in ("call", "form", "granted")
        ]
        assert all("steps" not in one for one in view["steps"] if one["node"] != "service")

    def test_staff_sees_what_the_customer_sees_in_the_child(self):
        run = entered()

        view: Any = seen(run).view

        assert view["other"]["panel"] == "form"

    def test_a_halted_child_is_named_with_its_run(self):
        nodes = [node("call", "entry.call", given=[], inputs=[{"name": "never", "type": "int"}])]
        document = graph([*nodes, end()], [edge("call", "ok", "done")])
        builders.published(document, key="child")
        run = builders.entered(caller_graph())
        builders.perform_all()

        incident: Any = seen(run).view["incident"]

        assert incident["run"] == str(child_of(run).pk)
        assert incident["node"] == marked(child_of(run), "call")
        assert child_of(run).status == "incident"

    def test_staff_sees_the_steps_of_a_sub_flow_that_has_ended(self):
        run = entered()
        child = child_of(run)
        fill(run, child)
        builders.perform_all()

        def steps_of(role: Any) -> list[str] | None:
            someone = Seat(participant=uuid.uuid4(), run=run.pk, role=role, name="")
            view: Any = screens.look(someone, 0, None, now_ms()).view
            (done,) = [one for one in view["steps"] if one["node"] == child.parent_activity[:-2]]
            assert done["state"] == "done"
            return [one["node"] for one in done["steps"]] if "steps" in done else None

        child.refresh_from_db()
        assert child.status == "closed"
        shown = steps_of("agent")
        assert shown is not None
        assert marked(child, "form") in shown
        assert steps_of("auditor") == shown
        assert steps_of("customer") is None

    def test_the_seq_never_falls_and_each_change_raises_it(self):
        run = entered()
        child = child_of(run)
        seqs = [seen(run).seq]

        seqs += [act(run, child, "edit", field="limit", value=value) for value in (1, 2)]
        act(run, child, "submit")
        seqs.append(seen(run).seq)
        builders.perform_all()
        seqs.append(seen(run).seq)

        assert seqs == sorted(set(seqs))
        assert seqs[-1] == family.seq_of(run.pk)

    def test_who_has_seen_the_latest_is_shown_nothing(self):
        run = entered()
        someone = Seat(participant=uuid.uuid4(), run=run.pk, role="customer", name="")

        again = screens.look(someone, family.seq_of(run.pk), None, now_ms())

        assert again.view == {}


@pytest.mark.usefixtures("committed")
class TestSockets:
    async def test_one_socket_serves_the_whole_family(self):
        await in_db(builders.published)(child_graph(), key="child")
        run, cookie = await in_db(builders.joined)(caller_graph())
        client = Client.of_customer(run, cookie)
        await client.hello()
        await in_db(builders.perform_all)()
        child = await in_db(child_of)(run)
        form = marked(child, "form.1")

        shown = await self._view_with(client, form)
        id_ = await client.act(form, "edit", field="limit", value=900)
        ack = await client.expect("ack", id=id_)
        changed = await client.expect("view")
        id_ = await client.act(form, "submit")
        await client.expect("ack", id=id_)
        await in_db(builders.perform_all)()
        after = await self._view_with(client, "thanks.1")

        assert ack["seq"] > shown["seq"]
        assert changed["seq"] >= ack["seq"]
        assert after["seq"] > changed["seq"]
        await client.disconnect()

    async def test_who_comes_back_is_shown_only_what_is_new(self):
        await in_db(builders.published)(child_graph(), key="child")
        run, cookie = await in_db(builders.joined)(caller_graph())
        client = Client.of_customer(run, cookie)
        await client.hello(tab=str(run.pk))
        await in_db(builders.perform_all)()
        child = await in_db(child_of)(run)
        shown = await self._view_with(client, marked(child, "form.1"))
        await client.disconnect()

        again = Client.of_customer(run, cookie)
        welcome = await again.hello(tab=str(run.pk), seq=shown["seq"])

        assert welcome["seq"] == shown["seq"]
        assert await again.receive_nothing()
        await in_db(act)(run, child, "edit", field="limit", value=5)
        assert (await again.expect("view"))["seq"] == shown["seq"] + 1
        await again.disconnect()

    async def test_nobody_sits_in_a_child(self):
        await in_db(builders.published)(child_graph(), key="child")
        run, cookie = await in_db(builders.joined)(caller_graph())
        client = Client.of_customer(run, cookie)
        await client.hello()
        await in_db(builders.perform_all)()

        inside = Client.of_customer(await in_db(child_of)(run), cookie)
        await inside.connect(timeout=5)
        await inside.say("hello", protocol=1, seq=0, locale="en", tab=str(uuid.uuid4()))

        assert await inside.expect_close() == 4404
        await client.disconnect()

    async def _view_with(self, client: Client, activity: str) -> dict[str, Any]:
        while True:
            told = await client.expect("view")
            if any(one["id"] == activity for one in told["view"]["activities"]):
                return told
