"""`/ws/run/<run>/`: a person in a run.

Parses, asks whether they may, calls one verb, shows the view.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from typing_extensions import override

from flow.errors import EventRefusedError
from flow.events import GUESTS, Acted, ActivityId, ParticipantId
from flow.nesting import split_mark
from runtime import attendance, family, hints, negotiation, parties, quality, screens
from runtime.clock import now_ms
from runtime.consumers.base import HEARTBEAT_S, Socket, in_database
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
    Consent,
    Hello,
    Leave,
    Media,
    Mute,
    Ping,
    RunMessage,
    Stats,
    parse_run,
)
from runtime.standing import Claim, Credentials, Seat, find_claim

LOOK_AGAIN_MS = (120_000, 240_000)
"""A socket that nothing has moved looks again after a time between these, for its rights' sake."""


class _Refused(NamedTuple):
    reason: str
    field: str | None = None


class RunSocket(Socket):
    """One tab of one participant."""

    kind = "browser"
    claim: Claim | None = None
    seat: Seat | None = None
    talks: negotiation.Talks | None = None
    seq = 0
    """The seq of the view sent last."""
    was_heard = False
    """Since the last round."""
    look_again_at_ms = 0

    @override
    async def connect(self) -> None:
        await super().connect()
        self.run_id: UUID = self.scope["url_route"]["kwargs"]["run_id"]
        self.credentials = Credentials.of(self.scope)
        self.quality = quality.Quality()
        if self.credentials.are_none:
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
                self.was_heard = True
                await self.tell("pong", at=message.at)
            case _ if self.seat is None:
                await self.refuse("not_allowed", id_=getattr(message, "id", None))
            case Act() | Leave() | Mute() | Consent():
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
        if self.seat is not None and not self.is_over:
            await self._show(await in_database(self._look)(self.seat))

    @override
    async def gone(self) -> None:
        for group in self._groups():
            await self.channel_layer.group_discard(group, self.channel_name)
        if self.seat is not None:
            await in_database(attendance.depart)(self.seat, now_ms())

    @classmethod
    @override
    def look_after(cls, sockets: Sequence[RunSocket]) -> Sequence[RunSocket]:
        now = now_ms()
        heard = [one for one in sockets if one.was_heard and one.claim is not None]
        attendance.see([one.claim.participant for one in heard if one.claim is not None], now)
        for one in heard:
            one.was_heard = False
        stirred = screens.Stirred.among({one.run_id for one in sockets})
        return [one for one in sockets if one.is_behind(stirred, now)]

    def is_behind(self, stirred: screens.Stirred, now: int) -> bool:
        return (
            now >= self.look_again_at_ms
            or stirred.is_news(self.run_id, self.seq)
            or (self.talks is not None and self.talks.are_open)
        )

    async def run_hint(self, _hint: dict[str, Any]) -> None:
        self.note_due()

    async def person_hint(self, _hint: dict[str, Any]) -> None:
        self.note_due()

    async def run_network(self, told: dict[str, Any]) -> None:
        if self.seat is not None and told["network"]["participant"] != str(self.seat.participant):
            await self.tell("network", **told["network"])

    async def seat_taken(self, told: dict[str, Any]) -> None:
        if self.seat is not None and told["tab"] != self.seat.tab:
            await self.end(4409)

    async def _hello(self, hello: Hello) -> None:
        """Join the groups before the first look: what happens in between comes as a hint."""
        self.locale = hello.locale
        claim = await in_database(self._claim)(hello)
        if isinstance(claim, int):
            await self.end(claim)
            return
        self.claim = claim
        self.welcome_in()
        for group in self._groups():
            await self.channel_layer.group_add(group, self.channel_name)
        self.seat, shown = await in_database(self._sit_down)(claim, hello)
        taken = {"type": "seat.taken", "tab": self.seat.tab}
        await self.channel_layer.group_send(_seat_group(claim), taken)
        if isinstance(shown, int):
            await self.end(shown)
            return
        self.seq = hello.seq
        await self.tell(
            "welcome",
            protocol=PROTOCOL,
            run=str(self.seat.run),
            you={"participant": str(self.seat.participant), "role": self.seat.role},
            seq=shown.seq,
            heartbeat_s=HEARTBEAT_S,
            now_ms=now_ms(),
        )
        await self._show(shown)

    async def _show(self, shown: screens.Shown | int) -> None:
        if isinstance(shown, int):
            await self.end(shown)
            return
        # A view with a room is an invitation to come: the ways there are told before.
        for message in shown.media:
            if message.get("op") == "relays":
                await self.pass_message(message)
        if shown.seq > self.seq:
            self.seq = shown.seq
            await self.tell("view", seq=shown.seq, view=shown.view)
        for message in shown.media:
            if message.get("op") != "relays":
                await self.pass_message(message)
        if shown.is_over:
            await self.end(1000)

    def _groups(self) -> tuple[str, ...]:
        if self.claim is None:
            return ()
        run, person = hints.run_group(self.run_id), hints.person_group(self.claim.person)
        return run, person, _seat_group(self.claim)

    def _claim(self, hello: Hello) -> Claim | int:
        claim = find_claim(self.credentials, self.run_id, now_ms(), prefer=hello.prefer)
        if claim is not None:
            return claim
        return 4404 if self.credentials.are_of_anyone() else 4401

    def _sit_down(self, claim: Claim, hello: Hello) -> tuple[Seat, screens.Shown | int]:
        now = now_ms()
        seat = attendance.arrive(claim.participant, hello.tab, now)
        self.talks = negotiation.Talks(seat=seat, locale=hello.locale)
        return seat, self._look_now(seat, hello.seq, now)

    def _may(self, action: str) -> bool:
        return self.claim is not None and self.claim.find_place(action, now_ms()) is not None

    def _look(self, seat: Seat) -> screens.Shown | int:
        now = now_ms()
        place = self.claim.find_place("run.attend", now) if self.claim is not None else None
        if place is None:
            return 4401
        if place.tab != seat.tab:
            return 4409
        return self._look_now(seat, self.seq, now)

    def _look_now(self, seat: Seat, seen_seq: int, now: int) -> screens.Shown | int:
        self.look_again_at_ms = now + random.randint(*LOOK_AGAIN_MS)  # noqa: S311 - jitter
        try:
            return screens.look(seat, seen_seq, self.talks, now)
        except RunErasedError:
            return 4404
        except RunSealedError:
            return 1012  # until somebody has mended the keyring

    async def _take(self, message: Act | Leave | Mute | Consent) -> None:
        assert self.seat is not None  # noqa: S101 - `handle` looked
        outcome = await in_database(self._advance)(self.seat, message)
        if isinstance(outcome, _Refused):
            await self.refuse(outcome.reason, id_=message.id, field=outcome.field)
            await self.refresh()  # ends the socket when it was the right that is gone
        else:
            await self.tell("ack", id=message.id, seq=outcome)

    def _advance(self, seat: Seat, message: Act | Leave | Mute | Consent) -> int | _Refused:
        """The seq to answer, or why not."""
        if not self._may("run.act") or (isinstance(message, Act) and seat.role in GUESTS):
            return _Refused("not_allowed")
        try:
            return _done(seat, message)
        except EventRefusedError as refusal:
            return _Refused(refusal.reason, refusal.field)
        except (ConflictError, RunSealedError):
            return _Refused("again")

    async def _media(self, message: Media) -> None:
        assert self.seat is not None  # noqa: S101 - `handle` looked
        refusal = await in_database(self._negotiate)(self.seat, message)
        if refusal is not None:
            await self.refuse(refusal, id_=message.id)

    def _negotiate(self, seat: Seat, message: Media) -> str | None:
        if not self._may("run.act") or self.talks is None:
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
            "mos": stats.mos or None,
            "height": stats.height,
        }
        told = {"type": "run.network", "network": network}
        if seat.role != "supervisor":  # who may be listening unseen
            await self.channel_layer.group_send(hints.run_group(seat.run), told)
        if seat.role == "customer":
            before, self.quality = self.quality, quality.after(self.quality, stats.level)
            if self.quality.is_weak is not before.is_weak:
                await in_database(self._tell_quality)(seat)

    def _tell_quality(self, seat: Seat) -> None:
        """A run that is gone, or too busy to hear it now, hears of the next change."""
        key = f"network:{seat.participant}:{uuid4()}"
        with suppress(EventRefusedError, RuntimeFloorError):
            is_weak = self.quality.is_weak is True
            quality.tell_run(seat.run, is_weak=is_weak, key=key, now_ms=now_ms())


def _done(seat: Seat, message: Act | Leave | Mute | Consent) -> int:
    """What the message asks for, done; the seq that shows it."""
    match message:
        case Act():
            return _act(seat, message)
        case Leave():
            key = f"leave:{seat.participant}:{message.id}"
            attendance.leave(seat, key=key, now_ms=now_ms())
        case Mute():
            parties.mute(seat, message.muted, now_ms=now_ms())
        case Consent():
            parties.consent(seat, now_ms=now_ms())
    return family.seq_of(seat.run)


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


def _seat_group(claim: Claim) -> str:
    return f"seat.{claim.participant}"
