"""CallHttp: one HTTP call by a connection."""

from __future__ import annotations

from collections.abc import Mapping

from flow.graph import JsonValue
from runtime import connections
from runtime.connections import Wish
from runtime.effects.answers import BUSY, document_of, left_ms, taken, tell_attempt, workspace_id
from runtime.effects.outcome import Done, Outcome
from runtime.egress import Answer
from runtime.errors import (
    BlockedError,
    EffectFailedError,
    NoAnswerError,
    NoConnectionError,
    UnsentError,
)
from runtime.models import Connection, Job

_BODILESS = frozenset({"GET", "DELETE"})
_REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
"""Methods that may be sent twice (RFC 9110 §9.2.2)."""
_SERVER_ERRORS = 500


def call(job: Job, now_ms: int) -> Outcome:
    """CallHttp: what may be sent twice is tried until the time is over, all else is sent once."""
    repeatable = job.payload["method"] in _REPEATABLE
    if job.attempt > 1 and not repeatable:  # a process died over it: perhaps it was sent
        raise EffectFailedError("timeout", final=True)
    left = left_ms(job, now_ms)
    tell_attempt(job, now_ms)
    try:
        answer = _asked(job, now_ms, left)
    except (NoConnectionError, BlockedError) as error:
        raise EffectFailedError(error.code, final=True) from error
    except UnsentError as error:
        raise EffectFailedError(error.code, error.cause, final=not repeatable) from error
    except NoAnswerError as error:
        raise EffectFailedError("timeout", error.cause, final=not repeatable) from error
    if repeatable and (answer.status in BUSY or answer.status >= _SERVER_ERRORS):
        raise EffectFailedError("refused", str(answer.status))
    return _told(job, answer)


def _asked(job: Job, now_ms: int, left: int) -> Answer:
    sent: Mapping[str, JsonValue] = job.payload["values"]
    method: str = job.payload["method"]
    kind = Connection.Kind.HTTP
    found = connections.get_connection(workspace_id(job), job.payload["connection"], kind)
    wish = Wish(
        method=method,
        path=job.payload["path"],
        id=job.key,
        query=_query(sent) if method in _BODILESS else None,
        document=None if method in _BODILESS else dict(sent),
        limit_ms=left,
    )
    return connections.ask(found, wish, now_ms)


def _query(sent: Mapping[str, JsonValue]) -> dict[str, str]:
    return {name: _said(value) for name, value in sent.items() if value is not None}


def _said(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(_said(one) for one in value)
    return str(value)


def _told(job: Job, answer: Answer) -> Outcome:
    good = answer.status // 100 == 2  # noqa: PLR2004 - the class of success
    values = taken(document_of(answer), job.payload["take"]) if good else {}
    return Done(result={"ok": good, "status": answer.status, "values": values})
