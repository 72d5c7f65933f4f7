"""Another key of the ring wraps everything that a key before it wrapped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models

from runtime.errors import KeyringError
from runtime.keyring import Keyring
from runtime.models import Connection, Run

BATCH = 500
WRAPPED: tuple[tuple[type[models.Model], str], ...] = (
    (Run, "data_key"),
    (Connection, "sealed_secret"),
)
"""Where wrapped keys stand; each is bound to its row's id."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a rotation came to. `unopened` names rows whose key the ring does not open."""

    rewrapped: int = 0
    unopened: list[str]


def rewrap(ring: Keyring, *, batch: int = BATCH) -> Tally:
    """Wrap anew, with the active key, whatever another one wrapped.

    A row at a time, so a rotation that is cut short has done a part and the next one does the rest;
    a key that was destroyed or wrapped anew in between is left alone.
    """
    tally = Tally(unopened=[])
    for model, column in WRAPPED:
        for rows in _batches(model, column, batch):
            for row_id, wrapped in rows:
                _rewrap(ring, model, column, row_id, wrapped, tally)
    return tally


def _rewrap(
    ring: Keyring, model: type[models.Model], column: str, row_id: UUID, wrapped: str, tally: Tally
) -> None:
    if _wrapper(wrapped) == ring.active:
        return
    try:
        fresh = ring.wrap(ring.unwrap(wrapped, row_id.bytes), row_id.bytes)
    except KeyringError:
        tally.unopened.append(f"{model.__name__} {row_id}")
        return
    same = _rows(model).filter(**{"pk": row_id, column: wrapped})
    tally.rewrapped += same.update(**{column: fresh})


def users_of(key_id: str) -> int:
    """How many rows are wrapped with this key."""
    return sum(
        _wrapper(wrapped) == key_id
        for model, column in WRAPPED
        for rows in _batches(model, column, BATCH)
        for _, wrapped in rows
    )


def _batches(
    model: type[models.Model], column: str, batch: int
) -> Iterable[list[tuple[UUID, str]]]:
    """Every wrapped cell, in order of the ids, so many at a time."""
    wrapped = _rows(model).exclude(**{column: ""}).order_by("pk").values_list("pk", column)
    rows = list(wrapped[:batch])
    while rows:
        yield rows
        rows = list(wrapped.filter(pk__gt=rows[-1][0])[:batch])


def _rows(model: type[models.Model]) -> models.QuerySet[Any]:
    rows: models.QuerySet[Any] = model._default_manager.all()
    return rows


def _wrapper(wrapped: str) -> str:
    return wrapped.partition(":")[0]
