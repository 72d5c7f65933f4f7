"""What staff decides about a run as a whole: what is open to whom now, and bringing it to the run.

A decision is an event like any other. Its key is the `id` that its sender made up, so sending it
again changes nothing; it enters the run's log and the audit trail in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

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
from runtime import driver, family
from runtime.models import Run, RunEvent
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
    cannot be taken now or the flow plans nothing for it, and ConflictError; nothing is stored then.
    """
    actor = audit.actor_of(by) if by is not None else "callback"
    key = f"decision:{actor}:{id_}"
    seq = _find_stored(run, key)
    if seq is None:
        if isinstance(event, Signalled) and not _plans_step_in(driver.read_run(run.pk), run.pk):
            raise EventRefusedError(reason="not_awaited", message="The flow plans nothing for it")
        with transaction.atomic():
            advanced = _tell(run.pk, event, key=key, actor=actor if by else "system")
            seq = advanced.seq
            if not advanced.duplicate:
                _put_on_record(run, event, actor=actor, seq=seq)
    status: str = Run.objects.values_list("status", flat=True).get(pk=run.pk)
    return Decided(seq=seq, status=status)


def _find_stored(run: Run, key: str) -> int | None:
    """The seq that this decision made in the run or a sub-flow, which may have ended since."""
    family_of = Q(run=run) | Q(run__root=run)
    stored = RunEvent.objects.filter(family_of, key=key).order_by("run_id")
    return stored.values_list("seq", flat=True).first()


def _put_on_record(run: Run, event: Event, *, actor: str, seq: int) -> None:
    said: dict[str, JsonValue] = {one: getattr(event, one) for one in _SAID if hasattr(event, one)}
    audit.append(
        actor=actor,
        action=_OF_EVENT[type(event)],
        target=f"run:{run.pk}",
        workspace=run.workspace_id,
        data={**said, "seq": seq},
    )


def _tell(run_id: UUID, event: Event, *, key: str, actor: str) -> driver.Advanced:
    """Bring the decision; what another system has to say may be meant for a sub-flow."""
    if isinstance(event, ExternalEventReceived):
        run_id, event = family.find_hearer(run_id, event), replace(event, id=key)
    return driver.advance_run(run_id, event, key=key, actor=actor)


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
    if _plans_step_in(snapshot, run.pk):
        words.add("step_in")
    if not _others(run, snapshot.bound.graph.content_hash).exists():
        words.discard("migrate")
    return words


def _plans_step_in(snapshot: driver.Snapshot, run_id: UUID) -> bool:
    """Whether the flow, or a sub-flow under way, says what is to come when a supervisor does."""
    if can_step_in(snapshot.bound, snapshot.state):
        return True
    below = family.read_kin(run_id).living if snapshot.bound.calls else ()
    return any(can_step_in(one.snapshot.bound, one.snapshot.state) for one in below)


def _others(run: Run, content_hash: str) -> QuerySet[FlowVersion]:
    return FlowVersion.objects.filter(flow__versions=run.version_id).exclude(hash=content_hash)
