"""Connect an agent: ring one after another, seat who accepts, and have the room ready for both."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.plain import PlainBehaviour, not_now, only, plural, said, unknown_action
from components.catalogue.reading import Values, flag, integer, mapping, text, texts
from flow.commands import (
    CancelTimer,
    OpenRoom,
    Request,
    RingAgent,
    SeatAgent,
    SetTimer,
    StopRinging,
)
from flow.component import (
    ActionTaken,
    Activity,
    NotPerformed,
    Performed,
    Person,
    Reaction,
    StopReason,
)
from flow.events import Role
from flow.graph import JsonObject, JsonValue


class ConnectAgent(PlainBehaviour):
    """Data: agent {id, name, staff_no} or None, tried [agent], declined, room, seating, seated."""

    @override
    def start(self, activity: Activity) -> Reaction:
        return Reaction(
            data={
                "agent": None,
                "tried": [],
                "declined": 0,
                "room": False,
                "seating": False,
                "seated": False,
            },
            requests=(OpenRoom(), RingAgent(queue=self._queue(activity))),
        )

    @override
    def performed(self, activity: Activity, done: Performed) -> Reaction:
        match done.kind:
            case "OpenRoom":
                return self._ready(activity, room=True)
            case "RingAgent":
                return self._rings(activity, done.result)
            case "SeatAgent":
                return self._ready(activity, seated=True)
            case _:
                return Reaction()

    @override
    def failed(self, activity: Activity, failure: NotPerformed) -> Reaction:
        match failure.kind:
            case "OpenRoom":
                return Reaction(requests=_stop_ringing(activity.data), outcome="busy")
            case "RingAgent":
                return Reaction(outcome=_ending(activity.data, nobody_left=True))
            case "SeatAgent":
                return self._next_agent(activity, declined=False)
            case _:
                return Reaction()

    @override
    def act(self, activity: Activity, action: ActionTaken) -> Reaction:
        if action.action not in {"accept", "decline"}:
            return unknown_action(action)
        only(action, "agent")
        agent = _ringing_id(activity.data)
        if not agent or flag(activity.data, "seating"):
            raise not_now("This call is not ringing any more")
        if action.action == "decline":
            return self._next_agent(activity, declined=True)
        return Reaction(
            data={**activity.data, "seating": True},
            requests=(CancelTimer(name="ring"), SeatAgent(agent=agent)),
        )

    @override
    def time_up(self, activity: Activity, name: str) -> Reaction:
        if flag(activity.data, "seating"):
            return Reaction()
        return self._next_agent(activity, declined=False)

    @override
    def presence(self, activity: Activity, person: Person) -> Reaction:
        """A customer who drops is not rung for: the agent is let go and none counts as tried."""
        agent = _ringing_id(activity.data)
        if person.role != "customer" or person.present or not agent:
            return Reaction()
        if flag(activity.data, "seating"):
            return Reaction()
        ring = RingAgent(queue=self._queue(activity), exclude=texts(activity.data, "tried"))
        return Reaction(
            data={**activity.data, "agent": None},
            requests=(CancelTimer(name="ring"), *_stop_ringing(activity.data), ring),
        )

    @override
    def stop(self, activity: Activity, reason: StopReason) -> Reaction:
        return Reaction(requests=_stop_ringing(activity.data))

    @override
    def present(self, activity: Activity, role: Role) -> JsonObject:
        if role != "customer":
            return {}
        agent = mapping(activity.data, "agent")
        accepted = flag(activity.data, "seating")
        shown = accepted and flag(self.settings(activity.config), "show_badge")
        badge: JsonObject = {
            "name": text(agent, "name"),
            "staff_no": text(agent, "staff_no"),
        }
        return {
            "state": "connecting" if accepted else "ringing",
            "agent": badge if shown else None,
            "since_ms": activity.started_at_ms,
        }

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        settings = self.settings(config)
        ring_s, agents = integer(settings, "ring_s"), integer(settings, "reassign_max")
        return said(
            locale,
            en=f"Ring {ring_s} s, {plural(agents, 'agent')}",
            zh=f"振铃 {ring_s} 秒，最多 {agents} 位柜员",
        )

    def _queue(self, activity: Activity) -> str:
        """Its own setting, else the queue the customer has waited in."""
        own = text(self.settings(activity.config), "queue")
        return own or text(activity.variables, "queue.name")

    def _rings(self, activity: Activity, result: Values) -> Reaction:
        ring_ms = integer(self.settings(activity.config), "ring_s") * 1000
        agent: JsonObject = {
            "id": text(result, "agent"),
            "name": text(result, "name"),
            "staff_no": text(result, "staff_no"),
        }
        return Reaction(
            data={**activity.data, "agent": agent},
            requests=(SetTimer(name="ring", due_at_ms=activity.at_ms + ring_ms),),
        )

    def _next_agent(self, activity: Activity, *, declined: bool) -> Reaction:
        """Let the ringing agent go and ring another, or end when the bound is reached."""
        tried: list[JsonValue] = [*texts(activity.data, "tried"), _ringing_id(activity.data)]
        data: JsonObject = {
            **activity.data,
            "agent": None,
            "seating": False,
            "tried": tried,
            "declined": integer(activity.data, "declined") + int(declined),
        }
        released = (CancelTimer(name="ring"), *_stop_ringing(activity.data))
        if len(tried) >= integer(self.settings(activity.config), "reassign_max"):
            return Reaction(data=data, requests=released, outcome=_ending(data, nobody_left=False))
        ring = RingAgent(queue=self._queue(activity), exclude=texts(data, "tried"))
        return Reaction(data=data, requests=(*released, ring))

    def _ready(self, activity: Activity, *, room: bool = False, seated: bool = False) -> Reaction:
        """Both halves are needed, in either order: the room, and the agent in the run."""
        data: JsonObject = {
            **activity.data,
            "room": room or flag(activity.data, "room"),
            "seated": seated or flag(activity.data, "seated"),
        }
        if not (data["room"] and data["seated"]):
            return Reaction(data=data)
        agent = mapping(data, "agent")
        return Reaction(
            data=data,
            outcome="ok",
            outputs={
                "agent.id": text(agent, "id"),
                "agent.name": text(agent, "name"),
                "agent.staff_no": text(agent, "staff_no"),
                "connect_ms": activity.at_ms - activity.started_at_ms,
            },
        )


def _ringing_id(data: Values) -> str:
    return text(mapping(data, "agent"), "id")


def _stop_ringing(data: Values) -> tuple[Request, ...]:
    """Nothing for an agent who has accepted: that one is seated, not ringing."""
    agent = _ringing_id(data)
    return (StopRinging(agent=agent),) if agent and not flag(data, "seating") else ()


def _ending(data: Values, *, nobody_left: bool) -> str:
    tried, declined = len(texts(data, "tried")), integer(data, "declined")
    if not tried:
        return "busy" if nobody_left else "no_answer"
    return "refused" if declined == tried else "no_answer"
