"""Another key of the ring wraps everything that a key before it wrapped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from django.db import models
from django.db.models import Count, Value
from django.db.models.functions import Left, StrIndex

from runtime import outbox
from runtime.errors import KeyringError
from runtime.keyring import Keyring
from runtime.models import Connection, Job, Run

BATCH = 500


class _Column(NamedTuple):
    """Where wrapped keys stand, each bound to its row's id."""

    model: type[models.Model]
    name: str
    mark: str = ""
    """What parts the wrapped key from what it seals, where both stand in one cell."""

    def rows(self) -> models.QuerySet[Any]:
        rows: models.QuerySet[Any] = self.model._default_manager.all()
        return rows

    def parted(self, cell: str) -> tuple[str, str]:
        """What stands before the wrapped key, and the wrapped key."""
        before, mark, wrapped = cell.partition(self.mark) if self.mark else ("", "", cell)
        return before + mark, wrapped


_CONNECTIONS = _Column(Connection, "sealed_secret", "|")
_COLUMNS = (_Column(Run, "data_key"), _CONNECTIONS)


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a rotation came to. `unopened` names rows whose key the ring does not open."""

    rewrapped: int = 0
    unopened: list[str] = field(default_factory=list)


def rewrap(ring: Keyring, *, batch: int = BATCH) -> Tally:
    """Wrap anew, with the active key, whatever another one wrapped.

    A row at a time, so a rotation that is cut short has done a part and the next one does the rest;
    a key that was destroyed or wrapped anew in between is left alone.
    """
    tally = Tally()
    for column in _COLUMNS:
        for row_id, cell in _cells(column, batch):
            _rewrap(ring, column, row_id, cell, tally)
    return tally


def _rewrap(ring: Keyring, column: _Column, row_id: UUID, cell: str, tally: Tally) -> None:
    before, wrapped = column.parted(cell)
    if _wrapper(wrapped) == ring.active:
        return
    try:
        fresh = ring.wrap(ring.unwrap(wrapped, row_id.bytes), row_id.bytes)
    except KeyringError:
        tally.unopened.append(f"{column.model.__name__} {row_id}")
        return
    same = column.rows().filter(**{"pk": row_id, column.name: cell})
    tally.rewrapped += same.update(**{column.name: before + fresh})


class Wrapped(NamedTuple):
    """How many rows of each kind a key wraps."""

    runs: int = 0
    connections: int = 0


def wrapped_by_key() -> Mapping[str, Wrapped]:
    """Key id -> what it wraps, counted by the database: there may be millions of runs."""
    mark = StrIndex("data_key", Value(":"))
    named = Run.objects.exclude(data_key="").annotate(wrapper=Left("data_key", mark - 1))
    runs = dict(named.values_list("wrapper").annotate(count=Count("pk")).order_by())
    cells = _cells(_CONNECTIONS, BATCH)
    secrets = Counter(_wrapper(_CONNECTIONS.parted(cell)[1]) for _, cell in cells)
    return {one: Wrapped(runs.get(one, 0), secrets[one]) for one in {*runs, *secrets}}


def begin(id_: UUID, now_ms: int) -> None:
    """Have everything wrapped with the active key, by a job: it may take minutes."""
    outbox.put("Rewrap", key=f"rewrap:{id_}", due_at_ms=now_ms)


def is_under_way() -> bool:
    """Whether such a job has yet to end."""
    live = (Job.Status.READY, Job.Status.LEASED, Job.Status.WAITING)
    return Job.objects.filter(kind="Rewrap", status__in=live).exists()


def users_of(key_id: str) -> int:
    """How many rows are wrapped with this key."""
    return sum(
        _wrapper(column.parted(cell)[1]) == key_id
        for column in _COLUMNS
        for _, cell in _cells(column, BATCH)
    )


def _cells(column: _Column, batch: int) -> Iterator[tuple[UUID, str]]:
    """Every cell that is not empty, in order of the ids, read so many at a time."""
    filled = column.rows().exclude(**{column.name: ""}).order_by("pk")
    cells = filled.values_list("pk", column.name)
    found = list(cells[:batch])
    while found:
        yield from found
        found = list(cells.filter(pk__gt=found[-1][0])[:batch])


def _wrapper(wrapped: str) -> str:
    return wrapped.partition(":")[0]
