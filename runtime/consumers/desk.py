"""`/ws/desk/`: a member of staff at the desk.

Presence, who waits, what rings; accepting is an act.
"""

from __future__ import annotations

import random
import time
from collections.abc import Hashable, Sequence
from typing import Any
from uuid import UUID

from typing_extensions import override

from accounts.access import can, find_workspace, roles_for
from accounts.models import User
from flow.errors import EventRefusedError
from flow.events import Acted, ActivityId, ParticipantId
from runtime import board, driver, hints
from runtime.clock import now_ms
from runtime.consumers.base import HEARTBEAT_S, Socket, in_database
from runtime.desk import routing
from runtime.errors import ConflictError, EffectFailedError, RunSealedError
from runtime.messages import Act, DeskMessage, Hello, Ping, Presence, parse_desk
from runtime.models import AgentPresence, Run
from runtime.standing import Credentials, subject_of

LOOK_AGAIN_MS = (120_000, 240_000)
"""A desk that nothing has stirred looks again after a time between these, for its rights' sake."""


class DeskSocket(Socket):
    """One tab of one member of staff."""

    kind = "browser"
    was_heard = False
    """Since the last round."""
    look_again_at_ms = 0
    stirred: Hashable = None
    """What the last round found of this desk."""

    @override
    async def connect(self) -> None:
        await super().connect()
        self.credentials = Credentials.of(self.scope)
        self.workspace_id: UUID | None = None
        self._shown: dict[str, Any] = {}
        if await in_database(self._find_user)() is None:
            await self.end(4401)

    @override
    def read(self, text: str) -> DeskMessage:
        return parse_desk(text)

    @override
    async def handle(self, message: DeskMessage) -> None:
        match message:
            case Hello():
                await self._hello(message)
            case Ping():
                self.was_heard = True
                await self.tell("pong", at=message.at)
            case _ if not self.is_known:
                await self.refuse("not_allowed", id_=getattr(message, "id", None))
            case Presence() | Act():
                refusal = await in_database(self._take)(message)
                if isinstance(refusal, str):
                    await self.refuse(refusal, id_=message.id)
                else:
                    await self.tell("ack", id=message.id, seq=refusal)
                    await self.refresh()

    @override
    async def refresh(self) -> None:
        if not self.is_known or self.is_over:
            return
        desk = await in_database(self._look)(time.monotonic())
        if desk is None:
            await self.end(4401)
        elif desk != self._shown:
            self._shown = desk
            await self.tell("desk", desk=desk)

    @override
    async def gone(self) -> None:
        await self.channel_layer.group_discard(
            hints.desk_group(self.workspace_id), self.channel_name
        )
        for group in (hints.person_group(self.person), _tabs_of(self.person)):
            await self.channel_layer.group_discard(group, self.channel_name)
        await in_database(self._leave)()

    @classmethod
    @override
    def look_after(cls, sockets: Sequence[DeskSocket]) -> Sequence[DeskSocket]:
        now = now_ms()
        heard = [one for one in sockets if one.was_heard]
        routing.see([one.person for one in heard], now)
        for one in heard:
            one.was_heard = False
        stirred = board.stirred_among([one.person for one in sockets])
        return [one for one in sockets if one.is_behind(stirred.get(one.person), now)]

    def is_behind(self, stirred: Hashable, now: int) -> bool:
        before, self.stirred = self.stirred, stirred
        return before != stirred or now >= self.look_again_at_ms

    async def desk_hint(self, _hint: dict[str, Any]) -> None:
        self.note_due()

    async def person_hint(self, _hint: dict[str, Any]) -> None:
        self.note_due()

    async def desk_taken(self, told: dict[str, Any]) -> None:
        """Another tab of the same person is the desk now: a call must ring in one place."""
        if self.is_known and told["channel"] != self.channel_name:
            await self.end(4409)

    def _find_user(self, *, in_use: bool = False) -> User | None:
        user = self.credentials.find_user(in_use=in_use)
        return user if user is not None and can(user, "desk.use") else None

    async def _hello(self, hello: Hello) -> None:
        self.locale = hello.locale
        you = await in_database(self._sit_down)()
        if you is None:
            await self.end(4403)
            return
        self.welcome_in()
        await self.channel_layer.group_add(hints.desk_group(self.workspace_id), self.channel_name)
        for group in (hints.person_group(self.person), _tabs_of(self.person)):
            await self.channel_layer.group_add(group, self.channel_name)
        taken = {"type": "desk.taken", "channel": self.channel_name}
        await self.channel_layer.group_send(_tabs_of(self.person), taken)
        await self.tell("welcome", you=you, heartbeat_s=HEARTBEAT_S, now_ms=now_ms())
        self._shown = {}
        await self.refresh()

    def _sit_down(self) -> dict[str, Any] | None:
        user = self._find_user(in_use=True)
        workspace = find_workspace(user) if user is not None else None
        if user is None or workspace is None:
            return None
        self.workspace_id, self.person = workspace.pk, user.pk
        agent = routing.find_agent(user, workspace.pk)
        AgentPresence.objects.filter(pk=agent.pk).update(seen_at_ms=now_ms())
        return {
            "user": str(user.pk),
            "name": user.shown_name,
            "staff_no": user.staff_no,
            "roles": sorted(roles_for(user)),
        }

    def _look(self, since_s: float) -> dict[str, Any] | None:
        user = self._find_user()
        if user is None or self.workspace_id is None:
            return None
        now = now_ms()
        self.look_again_at_ms = now + random.randint(*LOOK_AGAIN_MS)  # noqa: S311 - jitter
        return board.desk_of(user, self.workspace_id, now, since_s=since_s)

    def _leave(self) -> None:
        now = now_ms()
        agent = AgentPresence.objects.filter(user_id=self.person).first()
        if agent is not None:
            routing.leave_desk(agent, now)

    def _take(self, message: Presence | Act) -> str | int:
        """A refusal's reason, or the seq to acknowledge (0 where no run is concerned)."""
        user = self._find_user(in_use=True)
        if user is None or self.workspace_id is None:
            return "not_allowed"
        try:
            if isinstance(message, Presence):
                routing.set_presence(user, self.workspace_id, message.status, now_ms())
                return 0
            return _answer_ring(user, message)
        except EffectFailedError as error:
            return error.code
        except EventRefusedError as refusal:
            return refusal.reason
        except (ConflictError, RunSealedError):
            return "again"


def _tabs_of(person: UUID) -> str:
    """Group of the desks one person has open."""
    return f"{hints.person_group(person)}.desk"


def _answer_ring(user: User, message: Act) -> str | int:
    """Accept or decline the ring that is for this person; the run decides what comes of it."""
    run = Run.objects.filter(pk=message.run).first()
    if run is None or not can(user, "run.accept", subject_of(run)):
        return "not_allowed"
    key = f"act:{user.pk}:{message.id}"
    known = driver.find_stored(run.pk, key)
    if known is not None:
        return known.seq
    if not board.rings_for(user, run.pk, message.activity):
        return "unknown_activity"
    acted = Acted(
        at_ms=now_ms(),
        activity=ActivityId(message.activity),
        action=message.action,
        participant=ParticipantId(str(user.pk)),
        role="agent",
        data=message.data,
    )
    return driver.advance_run(run.pk, acted, key=key, actor=f"user:{user.pk}").seq
