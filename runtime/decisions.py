"""What staff decides about a run as a whole: what is open to whom now, and bringing it to the run.

A decision is an event like any other. Its key is the `id` that its sender made up, so sending it
again changes nothing; it enters the run's log and the audit trail in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.access import can
from accounts.models import User
from designer.models import FlowVersion
from flow.errors import EventRefusedError
from flow.events import (
    Event,
    ExternalEventReceived,
    IncidentEnded,
    IncidentRetried,
    IncidentSkipped,
    RunCancelled,
    RunMigrated,
    RunResumed,
    RunSuspended,
    Signalled,
)
from flow.graph import JsonValue
from flow.interpreter.boundaries import can_step_in
from flow.interpreter.incidents import choices
from flow.interpreter.legal import LEGAL
from flow.verification.finding import Finding
from flow.verification.migration import NodeMap, guess_nodes, migration_findings
from runtime import driver
from runtime.models import Run
from runtime.standing import subject_of
from runtime.versions import bound_graph

WORDS: Mapping[str, str] = {
    "retry": "run.retry",
    "skip": "run.skip",
    "end": "run.end",
    "suspend": "run.suspend",
    "resume": "run.suspend",
    "cancel": "run.cancel",
    "migrate": "run.migrate",
    "step_in": "run.step_in",
}
"""What a person can decide about a run -> the action of `accounts.access` it takes."""
_OF_EVENT: Mapping[type[Event], str] = {
    IncidentRetried: "run.retry",
    IncidentSkipped: "run.skip",
    IncidentEnded: "run.end",
    RunSuspended: "run.suspend",
    RunResumed: "run.resume",
    RunCancelled: "run.cancel",
    RunMigrated: "run.migrate",
    Signalled: "run.step_in",
    ExternalEventReceived: "run.notify",
}
"""How the audit trail calls them."""
_WHOLE: Mapping[str, type[Event]] = {
    "suspend": RunSuspended,
    "resume": RunResumed,
    "cancel": RunCancelled,
    "migrate": RunMigrated,
}
_SAID = ("outcome", "reason", "to", "name")
"""Fields of a decision that the audit trail repeats: none can hold what a customer has said."""
_MOVES = 20
"""Versions offered for a migration, the newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The seq that the decision made (the first time it came), and where the run stands now."""

    seq: int
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A version the run might go on under, the nodes as guessed, and what speaks against it."""

    version: FlowVersion
    nodes: NodeMap
    findings: tuple[Finding, ...]


def open_to(person: User, run: Run, snapshot: driver.Snapshot) -> list[str]:
    """The words of WORDS that this person may use on the run as it is."""
    subject, possible = subject_of(run), _possible(run, snapshot)
    return [one for one in WORDS if one in possible and can(person, WORDS[one], subject)]


def take(run: Run, event: Event, *, id_: str, by: User | None) -> Decided:
    """Bring the decision to the run, once for each `id_` of that person.

    `by` is None for another system that speaks through a grant. Raises EventRefusedError when it
    cannot be taken now, or would change nothing, and ConflictError; then nothing is stored.
    """
    actor = audit.actor_of(by) if by is not None else "callback"
    with transaction.atomic():
        advanced = driver.advance_run(
            run.pk, event, key=f"decision:{actor}:{id_}", actor=actor if by else "system"
        )
        if not advanced.changed:
            raise EventRefusedError(reason="not_awaited", message="The flow plans nothing for this")
        if not advanced.duplicate:
            said: dict[str, JsonValue] = {
                one: getattr(event, one) for one in _SAID if hasattr(event, one)
            }
            audit.append(
                actor=actor,
                action=_OF_EVENT[type(event)],
                target=f"run:{run.pk}",
                workspace=run.workspace_id,
                data={**said, "seq": advanced.seq},
            )
    status: str = Run.objects.values_list("status", flat=True).get(pk=run.pk)
    return Decided(seq=advanced.seq, status=status)


def moves(run: Run) -> Iterator[Move]:
    """The versions the run might go on under, the newest first."""
    snapshot = driver.read_run(run.pk)
    old = snapshot.bound
    for version in _others(run, old.graph.content_hash).order_by("-number")[:_MOVES]:
        new = bound_graph(version.pk)
        nodes = guess_nodes(old, new)
        findings = migration_findings(old, new, snapshot.state, nodes)
        yield Move(version=version, nodes=nodes, findings=findings)


def find_target(run: Run, version_id: UUID) -> FlowVersion | None:
    """The version, if it is one of the run's own flow."""
    return FlowVersion.objects.filter(flow__versions=run.version_id, pk=version_id).first()


def _possible(run: Run, snapshot: driver.Snapshot) -> set[str]:
    state = snapshot.state
    words = set(choices(snapshot.bound, state))
    words.update(word for word, kind in _WHOLE.items() if state.status in LEGAL[kind])
    if can_step_in(snapshot.bound, state):
        words.add("step_in")
    if not _others(run, snapshot.bound.graph.content_hash).exists():
        words.discard("migrate")
    return words


def _others(run: Run, content_hash: str) -> QuerySet[FlowVersion]:
    return FlowVersion.objects.filter(flow__versions=run.version_id).exclude(hash=content_hash)
