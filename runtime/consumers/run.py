"""`/ws/run/<run>/`: a person in a run.

Parses, asks whether they may, calls one verb, shows the view.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from channels.db import database_sync_to_async
from typing_extensions import override

from accounts.access import can
from flow.errors import EventRefusedError
from flow.events import Acted, ActivityId, ParticipantId
from flow.nesting import split_mark
from runtime import attendance, family, hints, negotiation, quality, screens
from runtime.clock import now_ms
from runtime.consumers.base import HEARTBEAT_S, Socket
from runtime.errors import (
    ConflictError,
    EffectFailedError,
    RunErasedError,
    RunSealedError,
    RuntimeFloorError,
)
from runtime.messages import (
    PROTOCOL,
    Act,
    Hello,
    Leave,
    Media,
    Ping,
    RunMessage,
    Stats,
    parse_run,
)
from runtime.standing import Credentials, Seat, find_seat, subject_of

SEEN_EVERY_MS = 15_000


class _Refused(NamedTuple):
    reason: str
    field: str | None = None


class RunSocket(Socket):
    """One tab of one participant."""

    seat: Seat | None = None
    prefer = ""
    seq = 0
    """The seq of the view sent last."""

    @override
    async def connect(self) -> None:
        await super().connect()
        self.run_id: UUID = self.scope["url_route"]["kwargs"]["run_id"]
        self.credentials = Credentials.of(self.scope)
        self.talks: negotiation.Talks | None = None
        self.quality = quality.Quality()
        self._seen_at_ms = 0
        if not await database_sync_to_async(self._is_anyone)():
            await self.end(4401)

    @override
    def read(self, text: str) -> RunMessage:
        return parse_run(text)

    @override
    async def handle(self, message: RunMessage) -> None:
        match message:
            case Hello():
                await self._hello(message)
            case Ping():
                await self.tell("pong", at=message.at)
                await self._note_seen()
            case _ if self.seat is None:
                await self.refuse("not_allowed", id_=getattr(message, "id", None))
            case Act() | Leave():
                await self._take(message)
            case Media():
                await self._media(message)
            case Stats():
                await self._share(self.seat, message)

    @override
    async def refresh(self) -> None:
        """Show what changed since the last view.

        End the socket when its right is gone or another tab speaks.
        """
        if self.seat is None or self.is_over:
            return
        shown = await database_sync_to_async(self._look)(self.seat)
        if isinstance(shown, int):
            await self.end(shown)
            return
        if shown.seq > self.seq:
            self.seq = shown.seq
            await self.tell("view", seq=shown.seq, view=shown.view)
        for message in shown.media:
            await self.pass_message(message)
        if shown.is_over:
            await self.end(1000)

    @override
    async def gone(self) -> None:
        await self.channel_layer.group_discard(hints.run_group(self.run_id), self.channel_name)
        if self.seat is not None:
            await self.channel_layer.group_discard(_seat_group(self.seat), self.channel_name)
            await self.channel_layer.group_discard(
                hints.person_group(self._person), self.channel_name
            )
            await database_sync_to_async(attendance.depart)(self.seat, now_ms())

    async def run_hint(self, _hint: dict[str, Any]) -> None:
        await self.refresh()

    async def person_hint(self, _hint: dict[str, Any]) -> None:
        await self.refresh()

    async def run_network(self, told: dict[str, Any]) -> None:
        if self.seat is not None and told["network"]["participant"] != str(self.seat.participant):
            await self.tell("network", **told["network"])

    async def seat_taken(self, told: dict[str, Any]) -> None:
        if self.seat is not None and told["tab"] != self.seat.tab:
            await self.end(4409)

    async def _hello(self, hello: Hello) -> None:
        self.locale, self.prefer = hello.locale, hello.prefer
        seat = await database_sync_to_async(self._sit_down)(hello)
        if seat is None:
            await self.end(4404)
            return
        self.seat, self.is_known, self.seq = seat, True, hello.seq
        self.talks = negotiation.Talks(seat=seat, locale=self.locale)
        layer, name = self.channel_layer, self.channel_name
        for group in (
            hints.run_group(seat.run),
            _seat_group(seat),
            hints.person_group(self._person),
        ):
            await layer.group_add(group, name)
        await layer.group_send(_seat_group(seat), {"type": "seat.taken", "tab": seat.tab})
        await self.tell(
            "welcome",
            protocol=PROTOCOL,
            run=str(seat.run),
            you={"participant": str(seat.participant), "role": seat.role},
            seq=await database_sync_to_async(family.seq_of)(seat.run),
            heartbeat_s=HEARTBEAT_S,
            now_ms=now_ms(),
        )
        await self.refresh()

    def _is_anyone(self) -> bool:
        user, held = self.credentials.find_user(), self.credentials.find_pass()
        self._person = user.pk if user else held.redemption_id if held else None
        return self._person is not None

    def _sit_down(self, hello: Hello) -> Seat | None:
        found = find_seat(self.credentials, self.run_id, prefer=self.prefer, in_use=True)
        if found is None:
            return None
        return attendance.arrive(found[1].pk, hello.tab, now_ms())

    def _may(self, seat: Seat, action: str) -> bool:
        """By the database as it is now.

        The session or cookie still stands, and so does the seat.
        """
        found = find_seat(self.credentials, seat.run, prefer=self.prefer, in_use=True)
        if found is None or found[1].pk != seat.participant:
            return False
        return can(found[0], action, subject_of(found[1].run))

    def _look(self, seat: Seat) -> screens.Shown | int:
        if not self._may(seat, "run.attend"):
            return 4401
        if attendance.speaking_tab(seat.participant) != seat.tab:
            return 4409
        try:
            return screens.look(seat, self.seq, self.talks, now_ms())
        except RunErasedError:
            return 4404
        except RunSealedError:
            return 1012  # until somebody has mended the keyring

    async def _take(self, message: Act | Leave) -> None:
        assert self.seat is not None  # noqa: S101 - `handle` looked
        outcome = await database_sync_to_async(self._advance)(self.seat, message)
        if isinstance(outcome, _Refused):
            await self.refuse(outcome.reason, id_=message.id, field=outcome.field)
            await self.refresh()  # ends the socket when it was the right that is gone
        else:
            await self.tell("ack", id=message.id, seq=outcome)

    def _advance(self, seat: Seat, message: Act | Leave) -> int | _Refused:
        """The seq to answer, or why not."""
        if not self._may(seat, "run.act"):
            return _Refused("not_allowed")
        try:
            if isinstance(message, Leave):
                key = f"leave:{seat.participant}:{message.id}"
                left = attendance.leave(seat, key=key, now_ms=now_ms())
                return family.seq_of(seat.run) if left.calls else left.seq
            return _act(seat, message)
        except EventRefusedError as refusal:
            return _Refused(refusal.reason, refusal.field)
        except (ConflictError, RunSealedError):
            return _Refused("again")

    async def _media(self, message: Media) -> None:
        assert self.seat is not None  # noqa: S101 - `handle` looked
        refusal = await database_sync_to_async(self._negotiate)(self.seat, message)
        if refusal is not None:
            await self.refuse(refusal, id_=message.id)

    def _negotiate(self, seat: Seat, message: Media) -> str | None:
        if not self._may(seat, "run.act") or self.talks is None:
            return "not_allowed"
        try:
            self.talks.pass_on(message, now_ms())
        except EffectFailedError as error:
            return error.code
        return None

    async def _share(self, seat: Seat, stats: Stats) -> None:
        network = {
            "participant": str(seat.participant),
            "rtt_ms": stats.rtt_ms,
            "loss": stats.loss,
            "kbps": stats.kbps,
            "level": stats.level,
        }
        told = {"type": "run.network", "network": network}
        await self.channel_layer.group_send(hints.run_group(seat.run), told)
        if seat.role == "customer":
            before, self.quality = self.quality, quality.after(self.quality, stats.level)
            if self.quality.is_weak is not before.is_weak:
                await database_sync_to_async(self._tell_quality)(seat)

    def _tell_quality(self, seat: Seat) -> None:
        """A run that is gone, or too busy to hear it now, hears of the next change."""
        key = f"network:{seat.participant}:{uuid4()}"
        with suppress(EventRefusedError, RuntimeFloorError):
            is_weak = self.quality.is_weak is True
            quality.tell_run(seat.run, is_weak=is_weak, key=key, now_ms=now_ms())

    async def _note_seen(self) -> None:
        now = now_ms()
        if self.seat is not None and now - self._seen_at_ms >= SEEN_EVERY_MS - 1_000:
            self._seen_at_ms = now
            await database_sync_to_async(attendance.see)(self.seat.participant, now)


def _act(seat: Seat, message: Act) -> int:
    _, activity = split_mark(message.activity)
    acted = Acted(
        at_ms=now_ms(),
        activity=ActivityId(activity),
        action=message.action,
        participant=ParticipantId(str(seat.participant)),
        role=seat.role,
        data=message.data,
    )
    key = f"act:{seat.participant}:{message.id}"
    actor = f"participant:{seat.participant}"
    return family.advance(seat.run, message.activity, acted, key=key, actor=actor)


def _seat_group(seat: Seat) -> str:
    return f"seat.{seat.participant}"
