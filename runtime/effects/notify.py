"""SendNotice: a text message, an e-mail or a webhook by a connection."""

from __future__ import annotations

from flow.graph import JsonObject
from runtime import connections
from runtime.connections import Wish
from runtime.effects.answers import BUSY, left_ms, tell_attempt, workspace_id
from runtime.effects.outcome import Done, Outcome
from runtime.errors import (
    BlockedError,
    EffectFailedError,
    NoAnswerError,
    NoConnectionError,
    RefusedError,
    UnsentError,
)
from runtime.mail import Letter
from runtime.models import Connection, Job

_SERVER_ERRORS = 500


def send(job: Job, now_ms: int) -> Outcome:
    """SendNotice: tried until the time is over; each attempt has the same id."""
    left = left_ms(job, now_ms)
    tell_attempt(job, now_ms)
    try:
        _handed_over(job, now_ms, left)
    except (NoConnectionError, BlockedError, RefusedError) as error:
        raise EffectFailedError(error.code, final=True) from error
    except UnsentError as error:
        raise EffectFailedError(error.code, error.cause) from error
    except NoAnswerError as error:
        raise EffectFailedError("timeout", error.cause) from error
    return Done(result={"id": job.key})


def _handed_over(job: Job, now_ms: int, left: int) -> None:
    """Raises what `connections.ask` and `connections.mail_out` do."""
    payload = job.payload
    kind = Connection.Kind(payload["channel"])
    found = connections.get_connection(workspace_id(job), payload["connection"], kind)
    if kind is Connection.Kind.EMAIL:
        letter = Letter(
            to=payload["to"], subject=payload["subject"], text=payload["text"], id=job.key
        )
        connections.mail_out(found, letter, left)
        return
    wish = Wish(method="POST", path="", id=job.key, document=_document(job), limit_ms=left)
    status = connections.ask(found, wish, now_ms).status
    if status in BUSY or status >= _SERVER_ERRORS:
        raise NoAnswerError(cause=str(status))
    if status // 100 != 2:  # noqa: PLR2004 - the class of success
        raise RefusedError(cause=str(status))


def _document(job: Job) -> JsonObject:
    payload = job.payload
    if payload["channel"] == Connection.Kind.WEBHOOK:
        return {"id": job.key, "event": "notify", "data": payload["values"]}
    return {"id": job.key, "to": payload["to"], "text": payload["text"]}
