"""What the effects that ask the outside share: time left, attempts told, answers read.

Nothing that was sent or answered stands in an error or a log: only words and status codes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID

from flow.errors import MalformedDocumentError
from flow.graph import JsonObject, JsonValue
from flow.shapes import any_json
from runtime import outbox
from runtime.egress import Answer
from runtime.errors import EffectFailedError
from runtime.models import Job

MOST_KEPT = 20_000
"""Characters of one value that are kept of an answer, as JSON."""
BUSY = frozenset({429, 502, 503, 504})


def run_id(job: Job) -> UUID:
    """The run that asked."""
    assert job.run_id is not None  # noqa: S101 - the driver makes these jobs for a run
    return job.run_id


def workspace_id(job: Job) -> UUID:
    """The workspace whose connections the run may use."""
    assert job.run is not None  # noqa: S101 - the driver makes these jobs for a run
    return job.run.workspace_id


def left_ms(job: Job, now_ms: int) -> int:
    """How long may still be tried. Raises EffectFailedError when the time is over."""
    left = int(job.payload["until_ms"]) - now_ms
    if left <= 0:
        raise EffectFailedError("timeout", final=True)
    return left


def tell_attempt(job: Job, now_ms: int) -> None:
    """Let the activity know that it is tried once more."""
    if job.attempt > 1 and job.activity:
        outbox.signal(
            run_id(job),
            job.activity,
            "attempt",
            {"attempt": job.attempt},
            key=f"{job.key.partition('/')[2]}:{job.attempt}",
            at_ms=now_ms,
        )


def document_of(answer: Answer) -> JsonValue:
    """The answer as JSON, None when it is none that every reader takes alike."""
    try:
        found: JsonValue = json.loads(answer.body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return found


def object_of(answer: Answer) -> JsonObject:
    """The answer as a JSON object, {} when it is none."""
    found = document_of(answer)
    return found if isinstance(found, dict) else {}


def _refuse(word: str) -> None:
    raise ValueError(word)  # NaN and Infinity are no JSON


def taken(document: JsonValue, take: Mapping[str, str]) -> JsonObject:
    """What the JSON Pointers lead to, by name; what is not there, or too large, is left out."""
    found = {name: _at(document, pointer) for name, pointer in take.items()}
    return {name: value for name, value in found.items() if _is_fit(value)}


def _is_fit(value: JsonValue) -> bool:
    """Whether every reader of a run's log takes it alike."""
    try:
        any_json(value)
    except MalformedDocumentError:
        return False
    return value is not None and len(json.dumps(value)) <= MOST_KEPT


def _at(document: JsonValue, pointer: str) -> JsonValue:
    """RFC 6901; None for nowhere."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document.get(name)
        elif isinstance(document, list) and name.isdecimal() and int(name) < len(document):
            document = document[int(name)]
        else:
            return None
    return document
