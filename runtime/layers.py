"""The channel layer of a web process: groups and mailboxes, as Channels specifies them.

Hints of other processes come over `runtime.bus`, which is of one host or, with Redis, of many.

Sending to a group touches its members only (channels' in-memory layer scans every channel). A hint
(a message with `seq`) replaces the older hint of the same kind that its reader has not fetched
yet, so a slow reader holds a bounded mailbox however many hints there are. Sending is safe from
any thread.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from channels.exceptions import ChannelFull
from channels.layers import BaseChannelLayer
from typing_extensions import override

from runtime import bus

Message: TypeAlias = "dict[str, Any]"
_HINT_SUBJECTS = ("run", "worker", "desk")


@dataclass(slots=True)
class _Mailbox:
    waiting: OrderedDict[Hashable, Message] = field(default_factory=OrderedDict)
    reader: asyncio.Future[None] | None = None


class LocalLayer(BaseChannelLayer):
    """A channel layer for one web process; others reach its groups over `runtime.bus`."""

    extensions = ("groups", "flush")

    def __init__(self, *, capacity: int = 100, expiry: int = 60, on_bus: bool = True) -> None:
        super().__init__(capacity=capacity, expiry=expiry)
        self._lock = threading.Lock()
        self._mailboxes: dict[str, _Mailbox] = {}
        self._groups: defaultdict[str, set[str]] = defaultdict(set)
        self._serial = itertools.count()
        self._on_bus = on_bus
        self._name = secrets.token_hex(8)
        self._listener: bus.Listener | None = None

    @override
    async def new_channel(self, prefix: str = "specific") -> str:
        return f"{prefix}.embedded!{secrets.token_hex(10)}"

    @override
    async def send(self, channel: str, message: Message) -> None:
        """Raises ChannelFull when the reader is `capacity` messages behind."""
        if not self._put(channel, message):
            raise ChannelFull

    @override
    async def receive(self, channel: str) -> Message:
        while (message := self._take(channel)) is None:
            reader = self._await_mail(channel)
            try:
                await reader
            finally:
                self._forget_reader(channel, reader)
        return message

    @override
    async def group_add(self, group: str, channel: str) -> None:
        with self._lock:
            self._groups[group].add(channel)
            if self._on_bus and self._listener is None:  # only who has readers need listen
                self._listener = bus.listen(bus.WEB, self._heard)

    @override
    async def group_discard(self, group: str, channel: str) -> None:
        with self._lock:
            members = self._groups.get(group, set())
            members.discard(channel)
            if not members:
                self._groups.pop(group, None)

    @override
    async def group_send(self, group: str, message: Message) -> None:
        self.post(group, message)
        if self._on_bus:
            await asyncio.to_thread(self._tell_others, group, message)

    @override
    async def flush(self) -> None:
        with self._lock:
            self._mailboxes.clear()
            self._groups.clear()

    async def close(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def spread(self, group: str, message: Message) -> None:
        """`group_send` from any thread: to the members here and in other processes."""
        self.post(group, message)
        if self._on_bus:
            self._tell_others(group, message)

    def post(self, group: str, message: Message) -> None:
        """To the members here. Who has a full mailbox misses it, as the spec allows."""
        with self._lock:
            members = tuple(self._groups.get(group, ()))
        for channel in members:
            self._put(channel, message)

    def _tell_others(self, group: str, message: Message) -> None:
        bus.tell(bus.WEB, {"from": self._name, "group": group, "message": message})

    def _heard(self, wakeup: Mapping[str, Any]) -> None:
        group, message = wakeup.get("group"), wakeup.get("message")
        if wakeup.get("from") == self._name:
            return
        if isinstance(group, str) and isinstance(message, dict):
            self.post(group, message)

    def _put(self, channel: str, message: Message) -> bool:
        with self._lock:
            box = self._mailboxes.setdefault(channel, _Mailbox())
            key = _hint_key(message)
            if key is None:
                key = next(self._serial)
            if key not in box.waiting and len(box.waiting) >= self.capacity:
                return False
            box.waiting[key] = dict(message)
            reader, box.reader = box.reader, None
        if reader is not None:
            _wake(reader)
        return True

    def _take(self, channel: str) -> Message | None:
        with self._lock:
            box = self._mailboxes.get(channel)
            if box is None or not box.waiting:
                return None
            return box.waiting.popitem(last=False)[1]

    def _await_mail(self, channel: str) -> asyncio.Future[None]:
        reader: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._lock:
            box = self._mailboxes.setdefault(channel, _Mailbox())
            box.reader = reader
            if box.waiting:  # mail came between the look and this line
                reader.set_result(None)
        return reader

    def _forget_reader(self, channel: str, reader: asyncio.Future[None]) -> None:
        with self._lock:
            box = self._mailboxes.get(channel)
            if box is None or box.reader not in (reader, None):
                return
            box.reader = None
            if not box.waiting:
                del self._mailboxes[channel]


def _hint_key(message: Mapping[str, Any]) -> Hashable | None:
    """What a hint is about, or None for a message that must not be merged."""
    if "seq" not in message:
        return None
    subject = next((str(message[one]) for one in _HINT_SUBJECTS if one in message), "")
    return (str(message["type"]), subject)


def _wake(reader: asyncio.Future[None]) -> None:
    def finish() -> None:
        if not reader.done():
            reader.set_result(None)

    loop = reader.get_loop()
    if not loop.is_closed():
        loop.call_soon_threadsafe(finish)
