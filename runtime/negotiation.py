"""The media side of one browser tab.

Its offers to the room's worker, the worker's answers and offers to it.

Offers travel as `WorkerRequest` rows and come back as their answers; `due` reads what a hint
announced.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings

from flow.graph import JsonValue
from flow.state import RoomState
from runtime import edges, rooms, turn
from runtime.errors import EffectFailedError
from runtime.messages import Media
from runtime.models import Participant, PeerOffer, Room, WorkerRequest
from runtime.places import place_of
from runtime.refusals import text_of
from runtime.standing import Seat

ANSWER_LIMIT_MS = 8_000
_REASONS = {
    "stale_generation": "no_room",
    "unknown_room": "no_room",
    "worker_lost": "no_room",
    "overloaded": "no_capacity",
    "bad_sdp": "invalid_data",
}


@dataclass(slots=True, kw_only=True)
class Talks:
    """What this tab has asked and been told; lives as long as its socket."""

    seat: Seat
    locale: str
    _asked: dict[UUID, str] = field(default_factory=dict)
    """WorkerRequest -> the client's id of the message that waits for its answer."""
    _offered: set[UUID] = field(default_factory=set)
    _has_edges: bool = False
    """Whether it was asked to measure the ways to several regions, or had no choice of them."""
    _interrupted: int = 0
    """The generation whose end was told."""
    _relayed: tuple[int, int] = (0, 0)
    """The generation for which TURN servers were told last, and when."""

    @property
    def are_open(self) -> bool:
        """Whether an answer of the worker is awaited."""
        return bool(self._asked)

    def pass_on(self, message: Media, now_ms: int) -> None:
        """Bring the browser's message to the worker.

        Raises EffectFailedError with a reason to refuse.
        """
        match message.op:
            case "candidate":
                return  # an ICE-lite worker learns addresses from checks (RFC 8445 §2.5)
            case "answer":
                self._answer(message, now_ms)
            case "near":
                edges.note(self.seat.participant, message.near)
            case _:
                self._offer(message, now_ms)

    def _offer(self, message: Media, now_ms: int) -> None:
        room = rooms.find_live(self.seat.run)
        if room is None or room.generation != message.generation:
            raise EffectFailedError("no_room")
        if room.status != Room.Status.OPEN:
            raise EffectFailedError("no_room")
        kind = "peer.restart" if message.op == "restart" else "peer.offer"
        seat = Participant.objects.get(pk=self.seat.participant)
        # its place comes along, so that nobody is heard before it is known by whom
        params = {**self._params(message.sdp), **place_of(seat)}
        request = rooms.ask(room, kind, params, now_ms=now_ms, limit_ms=ANSWER_LIMIT_MS)
        self._asked[request.pk] = message.id

    def _answer(self, message: Media, now_ms: int) -> None:
        offer = (
            PeerOffer.objects.select_related("room__worker")
            .filter(pk=message.id, participant=str(self.seat.participant), answered=False)
            .first()
        )
        if offer is None:
            raise EffectFailedError("no_room")
        PeerOffer.objects.filter(pk=offer.pk).update(answered=True)
        params = {**self._params(message.sdp), "peer": offer.peer, "offer": str(offer.pk)}
        rooms.ask(offer.room, "peer.answer", params, now_ms=now_ms, limit_ms=ANSWER_LIMIT_MS)

    def _params(self, sdp: str) -> dict[str, JsonValue]:
        return {
            "party": str(self.seat.participant),
            "role": self.seat.role,
            "peer": self.seat.tab,
            "sdp": sdp,
        }

    def due(self, room: RoomState | None, now_ms: int) -> list[dict[str, Any]]:
        """Media messages for the browser that have not been sent yet, oldest first."""
        messages: list[dict[str, Any]] = []
        if self._asked:
            messages += self._answers(now_ms)
        if room is None and not self._has_edges:
            messages += self._edges(now_ms)
        if room is not None:
            messages += self._relays(room, now_ms)
            messages += self._interruption(room)
            messages += self._offers(room.generation)
        return messages

    def _answers(self, now_ms: int) -> list[dict[str, Any]]:
        found = WorkerRequest.objects.select_related("room").filter(pk__in=list(self._asked))
        messages = []
        for request in found.order_by("id"):
            if request.status == WorkerRequest.Status.ANSWERED:
                messages.append(self._answered(request))
            elif request.status == WorkerRequest.Status.FAILED or request.deadline_ms < now_ms:
                messages.append(self._failed(request))
        return messages

    def _answered(self, request: WorkerRequest) -> dict[str, Any]:
        return {
            "type": "media",
            "id": self._asked.pop(request.pk),
            "op": "answer",
            "sdp": request.answer["sdp"],
            "generation": request.room.generation,
        }

    def _failed(self, request: WorkerRequest) -> dict[str, Any]:
        reason = _REASONS.get(request.answer.get("code", "timeout"), "again")
        return {
            "type": "refused",
            "id": self._asked.pop(request.pk),
            "reason": reason,
            "message": text_of(reason, self.locale),
            "field": "/sdp" if reason == "invalid_data" else None,
        }

    def _relays(self, room: RoomState, now_ms: int) -> list[dict[str, Any]]:
        """TURN servers of the room's zone: for each new room, and before the leave runs out."""
        generation, at_ms = self._relayed
        if not settings.TURN_URLS:
            return []
        if generation == room.generation and now_ms - at_ms < turn.AGAIN_MS:
            return []
        self._relayed = (room.generation, now_ms)
        placed = Room.objects.filter(run=self.seat.run, generation=room.generation)
        zone = placed.values_list("worker__zone", flat=True).first() or turn.ANY_ZONE
        servers = turn.relays_for(self.seat.participant, zone, now_ms)
        told = {"type": "media", "id": None, "op": "relays", "servers": servers}
        return [{**told, "generation": room.generation}] if servers else []

    def _edges(self, now_ms: int) -> list[dict[str, Any]]:
        """Where the room could be, once, as long as there is none: the browser measures."""
        self._has_edges = True
        if not edges.has_choice(now_ms):
            return []
        try:
            found = edges.edges_for(rooms.wish_of(self.seat.run, {}), now_ms)
        except EffectFailedError:
            return []  # whoever places the room is told
        return [{"type": "media", "id": None, "op": "edges", "edges": found}] if found else []

    def _interruption(self, room: RoomState) -> list[dict[str, Any]]:
        if not room.interrupted or room.generation <= self._interrupted:
            return []
        self._interrupted = room.generation
        told = {"type": "media", "id": None, "op": "interrupted", "reason": "worker_lost"}
        return [{**told, "generation": room.generation}]

    def _offers(self, generation: int) -> list[dict[str, Any]]:
        waiting = PeerOffer.objects.filter(
            room__run=self.seat.run,
            room__generation=generation,
            participant=str(self.seat.participant),
            peer=self.seat.tab,
            answered=False,
        ).exclude(pk__in=self._offered)
        messages = []
        for offer in waiting.order_by("at_ms"):
            self._offered.add(offer.pk)
            told = {"type": "media", "id": str(offer.pk), "op": "offer", "sdp": offer.sdp}
            messages.append({**told, "generation": generation})
        return messages
