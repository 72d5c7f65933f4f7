"""A run and its sub-flows: each a run of its own with its own log, seen and served as one call.

The root has the people, the room and the recordings; what happens to those reaches every living run
below it (`driver` sees to that). A child begins by a job of its caller and tells it by a job of its
own when nothing is left to do or to undo, so a process that dies between the two costs time only.

Rows are always taken from the top down: the root, the caller, the child. Two transactions that meet
in one family wait for each other at most once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from designer.models import FlowVersion
from flow.component import EventReceived
from flow.errors import EventRefusedError
from flow.events import (
    ActivityId,
    Attendee,
    Caller,
    Event,
    EventHandedOn,
    ExternalEventReceived,
    RunCancelled,
    RunSuspended,
    Signalled,
)
from flow.graph import JsonValue
from flow.interpreter import early
from flow.nesting import split_mark
from flow.state import RunState, RunStatus
from runtime import driver
from runtime.effects.outcome import Done, Effect, Outcome, Silent
from runtime.errors import EffectFailedError, RunErasedError
from runtime.models import Job, Run

DEEPEST = 8
"""Runs within one another, the root among them."""
_MARK_CHARS = 8


def mark_of(run_id: UUID) -> str:
    """What the ids of a child begin with on the screen: the end of its id, which is chance."""
    return run_id.hex[-_MARK_CHARS:]


class Member(NamedTuple):
    """A living run of a family, below the root."""

    run: UUID
    parent: UUID
    activity: str
    snapshot: driver.Snapshot


class Gone(NamedTuple):
    """A run of a family that has ended."""

    run: UUID
    parent: UUID
    activity: str


class Kin(NamedTuple):
    """All below a root at one moment: those that live, those that ended, the sum of every seq."""

    living: tuple[Member, ...]
    seq: int
    ended: tuple[Gone, ...] = ()


NOBODY = Kin((), 0)
"""Of a run that calls no other flow."""


def read_kin(root_id: UUID) -> Kin:
    """The living runs below the root, read after it; those that ended are only named.

    The sum never falls, because no seq does and no run goes away: so it serves as the seq of what
    people see of the family.
    """
    living: list[Member] = []
    ended: list[Gone] = []
    seq = 0
    rows = Run.objects.filter(root=root_id).order_by("pk")
    for run_id, own, status, parent, activity in rows.values_list(
        "pk", "seq", "status", "parent_id", "parent_activity"
    ):
        if status == Run.Status.CLOSED:
            seq += own
            ended.append(Gone(run_id, parent, activity))
            continue
        snapshot = driver.read_run(run_id)
        seq += snapshot.seq
        living.append(Member(run_id, parent, activity, snapshot))
    return Kin(tuple(living), seq, tuple(ended))


def seq_of(root_id: UUID) -> int:
    """The seq of what people see of the family now."""
    return seqs_of([root_id]).get(root_id, 0)


def seqs_of(root_ids: Collection[UUID]) -> Mapping[UUID, int]:
    """The same of many families, in one statement."""
    families = Run.objects.filter(Q(pk__in=root_ids) | Q(root__in=root_ids))
    sums = families.values(top=Coalesce("root_id", "pk")).annotate(sum=Sum("seq"))
    return dict(sums.values_list("top", "sum"))


def advance(root_id: UUID, marked: str, event: Event, *, key: str, actor: str) -> int:
    """Bring what a person did to the run whose activity is shown as `marked`; the seq to answer.

    Raises EventRefusedError for a mark that no run of this family bears, and as
    `driver.advance_run`.
    """
    mark, _ = split_mark(marked)
    run_id = _get_marked(root_id, mark) if mark else root_id
    advanced = driver.advance_run(run_id, event, key=key, actor=actor)
    return seq_of(root_id) if mark or advanced.calls else advanced.seq


@lru_cache(maxsize=512)
def _get_marked(root_id: UUID, mark: str) -> UUID:
    """The run that bears the mark: it never changes. Raises EventRefusedError when none does."""
    below = Run.objects.filter(root=root_id).order_by("pk").values_list("pk", flat=True)
    for run_id in below:
        if mark_of(run_id) == mark:
            return run_id
    raise EventRefusedError(reason="unknown_activity", message="This step is over")


def find_hearer(run_id: UUID, event: ExternalEventReceived) -> UUID:
    """The run of the family to tell: where a step waits now, else where one may, else this one.

    Raises EventRefusedError as the steps do that would take it, but for what it brings.
    """
    try:
        top = driver.read_run(run_id)
    except RunErasedError:
        return run_id  # which takes nothing any more
    if not top.bound.calls:
        return run_id
    runs = [(one.run, one.snapshot) for one in read_kin(run_id).living] + [(run_id, top)]
    what = EventReceived(name=event.name, data=event.data)
    for may in (early.is_waiting, early.may_wait):
        for one, snapshot in runs:
            if may(snapshot.bound, snapshot.state, what):
                return one
    return run_id


def start_child(job: Job, now_ms: int) -> Outcome:
    """StartChildRun: the child begins among the people of the root as they are now.

    Whoever comes or goes meanwhile waits for this transaction and finds the child.
    """
    parent = _run_of(job)
    _hold(parent)
    above = driver.read_run(parent.pk).state
    if ActivityId(job.activity) not in above.activities:
        return Silent()  # taken away before it began: nobody waits for it
    if above.depth + 1 >= DEEPEST:
        raise EffectFailedError("too_deep", "too many flows within one another", final=True)
    version = _version_of(parent, job.payload)
    child = driver.start_run(
        version,
        at_ms=now_ms,
        locale=above.locale,
        variables=job.payload["inputs"],
        caller=_caller(parent, job, above),
    )
    if above.status is RunStatus.SUSPENDED:
        rests = RunSuspended(at_ms=now_ms, by="system", reason="its caller rests")
        driver.advance_run(child.pk, rests, key="caller-rests", actor="system")
    _hand_on(parent.home_id, child.pk, now_ms)
    return Done(
        result={
            "run": str(child.pk),
            "flow": job.payload["flow"],
            "number": version.number,
            "hash": version.hash,
        }
    )


def _hand_on(root_id: UUID, child_id: UUID, now_ms: int) -> None:
    """What came before the child and is for it alone, it has from now on."""
    above = driver.read_run(root_id)
    for one in above.state.early:
        what = EventReceived(name=one.name, data=one.data)
        if _would_take(above, what) or not _would_take(driver.read_run(child_id), what):
            continue
        gone = EventHandedOn(at_ms=now_ms, id=one.id, run=str(child_id))
        driver.advance_run(root_id, gone, key=f"handed-on:{one.id}", actor="system")
        told = ExternalEventReceived(at_ms=now_ms, name=one.name, data=one.data, id=one.id)
        driver.advance_run(child_id, told, key=one.id, actor="system")


def _would_take(snapshot: driver.Snapshot, what: EventReceived) -> bool:
    with suppress(EventRefusedError):
        bound, state = snapshot.bound, snapshot.state
        return early.is_waiting(bound, state, what) or early.may_wait(bound, state, what)
    return False


def _version_of(parent: Run, asked: Mapping[str, Any]) -> FlowVersion:
    """The version that was fixed, or the newest. Raises EffectFailedError `unknown_flow`."""
    versions = FlowVersion.objects.filter(
        flow__workspace=parent.workspace_id, flow__key=asked["flow"]
    )
    if asked["number"]:
        versions = versions.filter(number=asked["number"], hash=asked["hash"])
    version = versions.select_related("flow").order_by("-number").first()
    if version is None:
        raise EffectFailedError("unknown_flow", f"no version of {asked['flow']}", final=True)
    return version


def _caller(parent: Run, job: Job, above: RunState) -> Caller:
    room = above.room
    return Caller(
        root=str(parent.home_id),
        run=str(parent.pk),
        activity=ActivityId(job.activity),
        depth=above.depth + 1,
        people=tuple(
            Attendee(
                participant=one.id,
                role=one.role,
                name=one.name,
                staff_no=one.staff_no,
                present=one.present,
                since_ms=one.since_ms + one.paused_ms,
            )
            for one in above.people.values()
        ),
        generation=room.generation if room else 0,
        worker=room.worker if room else "",
        interrupted=room.interrupted if room else False,
        facts=above.facts,
        wanted=tuple(job.payload["wanted"]),
    )


def end_child(job: Job, now_ms: int) -> Outcome:
    """EndChildRun: the child is cancelled, and undoes what it did for good."""
    parent = _run_of(job)
    _hold(parent)
    child = Run.objects.filter(parent=parent, parent_activity=job.activity, ending="").first()
    if child is not None:
        ended = RunCancelled(at_ms=now_ms, by="system", reason="its caller ended it")
        with suppress(EventRefusedError):
            driver.advance_run(child.pk, ended, key="caller-ended", actor="system")
    return Done()


def tell_caller(job: Job, now_ms: int) -> Outcome:
    """TellCaller: a child is closed, and the activity that waits for it hears how."""
    child = _run_of(job)
    state = driver.read_run(child.pk).state
    assert child.parent_id is not None and state.ending is not None  # noqa: S101, PT018 - a closed child
    told = Signalled(
        at_ms=now_ms,
        activity=ActivityId(child.parent_activity),
        name="child_ended",
        data={
            "run": str(child.pk),
            "kind": state.ending.kind.value,
            "code": state.ending.code,
            "outputs": dict(_taken_back(state)),
        },
    )
    driver.advance_run(child.parent_id, told, key=f"child:{child.pk}", actor="system")
    return Silent()


def _taken_back(state: RunState) -> Iterator[tuple[str, JsonValue]]:
    for name in state.wanted:
        if name in state.variables:
            yield name, state.variables[name]


def _hold(parent: Run) -> None:
    """Let nobody else move the root or the caller until this transaction has ended."""
    for run_id in dict.fromkeys((parent.home_id, parent.pk)):
        Run.objects.select_for_update().only("pk").get(pk=run_id)


def _run_of(job: Job) -> Run:
    assert job.run is not None  # noqa: S101 - the driver makes these jobs for a run
    return job.run


EFFECTS: Mapping[str, Effect] = {
    "StartChildRun": start_child,
    "EndChildRun": end_child,
    "TellCaller": tell_caller,
}
"""Beside `effects.table`: these advance other runs, which effects below the driver cannot."""
