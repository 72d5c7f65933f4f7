"""AskCore, UndoCore: a core system books once, whatever is lost on the way, or not at all.

The key of a booking is the same at every attempt. An attempt that may follow another (this process
was started again, a line broke) first asks what became of the key, and tells again only what the
core has never heard of. Failure with another code than `timeout` says that surely nothing was done;
whoever hears `timeout` has the key undone, which the core takes also for a key it does not know yet
and then never accepts any more: so a first attempt that arrives late changes nothing.
"""

from __future__ import annotations

from urllib.parse import quote

from flow.graph import JsonObject, JsonValue
from runtime import connections
from runtime.connections import Wish
from runtime.effects.answers import (
    left_ms,
    object_of,
    run_id,
    taken,
    tell_attempt,
    workspace_id,
)
from runtime.effects.outcome import Done, Outcome
from runtime.egress import Answer
from runtime.errors import (
    BlockedError,
    EffectFailedError,
    EgressError,
    NoAnswerError,
    NoConnectionError,
    UnsentError,
)
from runtime.models import Connection, Job

_DONE, _PENDING = frozenset({200, 201}), frozenset({202, 409, 425})
_UNKNOWN_KEY = 404
_LATER = frozenset({408, 429})
_CLIENT_ERRORS, _SERVER_ERRORS = 300, 500


def ask(job: Job, now_ms: int) -> Outcome:
    """AskCore: query, reserve or commit."""
    tell_attempt(job, now_ms)
    try:
        return _found(job, now_ms) or _asked(job, now_ms)
    except (NoConnectionError, BlockedError) as error:
        raise _failed(job, error.code, "", now_ms) from error
    except UnsentError as error:
        raise EffectFailedError("timeout", error.cause, final=_is_over(job, now_ms)) from error
    except NoAnswerError as error:
        raise EffectFailedError("timeout", error.cause, final=_is_over(job, now_ms)) from error


def _found(job: Job, now_ms: int) -> Outcome | None:
    """What became of the key, when an earlier attempt may have told it; None when it is unknown."""
    if job.attempt == 1 or job.payload["effect"] == "query":
        return None
    key = _key(job, job.payload["key"])
    answer = _call(
        job, Wish(method="GET", path=f"/operations/{quote(key, safe='')}", id=key), now_ms
    )
    if answer.status == _UNKNOWN_KEY:
        return None
    return _read(job, answer, now_ms)


def _asked(job: Job, now_ms: int) -> Outcome:
    payload, left = job.payload, left_ms(job, now_ms)
    document: JsonObject = {name: payload[name] for name in ("operation", "effect", "payload")}
    wish = Wish(
        method="POST",
        path=f"/{quote(payload['operation'], safe='')}",
        id=_key(job, payload["key"]),
        document=document,
        limit_ms=left,
    )
    return _read(job, _call(job, wish, now_ms), now_ms)


def _read(job: Job, answer: Answer, now_ms: int) -> Outcome:
    """Raises NoAnswerError for what says nothing for sure, EffectFailedError for a plain no."""
    said = object_of(answer)
    match said.get("status"):
        case "done" if answer.status in _DONE:
            return _done(job, said)
        case "declined":
            return _declined(said.get("code"))
        case "undone":
            return _declined("undone")
        case "pending":
            raise NoAnswerError(cause="pending")
    if answer.status in _PENDING | _LATER:
        raise NoAnswerError(cause="pending")
    if _CLIENT_ERRORS <= answer.status < _SERVER_ERRORS:
        raise _failed(job, "refused", str(answer.status), now_ms)
    raise NoAnswerError(cause=str(answer.status))


def _done(job: Job, said: JsonObject) -> Outcome:
    values = taken(said.get("data"), job.payload["take"])
    reference = _word(said.get("reference"), 200)
    return Done(result={"state": "done", "reference": reference, "code": "", "values": values})


def _declined(code: JsonValue) -> Outcome:
    return Done(
        result={"state": "declined", "reference": "", "code": _word(code, 60), "values": {}}
    )


def _word(value: JsonValue, most: int) -> str:
    is_word = isinstance(value, str | int) and not isinstance(value, bool)
    return "".join(one for one in str(value) if one.isprintable())[:most] if is_word else ""


def _failed(job: Job, code: str, cause: str, now_ms: int) -> EffectFailedError:
    """A plain no is final at once; later, an earlier attempt may still be on its way."""
    if job.attempt == 1 or job.payload["effect"] == "query":
        return EffectFailedError(code, cause, final=True)
    return EffectFailedError("timeout", cause or code, final=_is_over(job, now_ms))


def _is_over(job: Job, now_ms: int) -> bool:
    return now_ms >= int(job.payload["until_ms"])


def undo_asked(job: Job, now_ms: int) -> Outcome:
    """UndoCore: what the step does not know the end of, or does not want any more."""
    return _undone(job, job.payload, now_ms)


def undo_done(job: Job, now_ms: int) -> Outcome:
    """Compensate `core.undo`: the run was aborted after the step."""
    return _undone(job, job.payload["data"], now_ms)


def _undone(job: Job, step: JsonObject, now_ms: int) -> Outcome:
    if step.get("effect") == "query":
        return Done()
    key = _key(job, str(step["key"]))
    document: JsonObject = {"operation": step["operation"], "reference": step["reference"]}
    path = f"/operations/{quote(key, safe='')}/undo"
    wish = Wish(method="POST", path=path, id=f"{key}/undo", document=document)
    try:
        answer = _call(job, wish, now_ms, name=str(step["connection"]))
    except (NoConnectionError, EgressError) as error:
        raise EffectFailedError(error.code) from error
    if answer.status in _DONE and object_of(answer).get("status") == "undone":
        return Done()
    raise EffectFailedError("not_undone", str(answer.status))


def _call(job: Job, wish: Wish, now_ms: int, *, name: str = "") -> Answer:
    kind = Connection.Kind.CORE
    wanted = name or job.payload["connection"]
    found = connections.get_connection(workspace_id(job), wanted, kind)
    return connections.ask(found, wish, now_ms)


def _key(job: Job, name: str) -> str:
    """What the core knows the booking by: nobody else's anywhere."""
    return f"{run_id(job)}/{name}"
