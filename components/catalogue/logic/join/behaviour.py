"""Join: waits for all branches or for the first, and no longer than it may."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.plain import PlainBehaviour, plural, said
from components.catalogue.reading import integer, text
from flow.commands import SetTimer
from flow.component import ALL_ARRIVED, Activity, BranchArrived, Reaction
from flow.graph import JsonValue, Outcome

_FIRST_ARRIVED, _TIMEOUT = "any", "timeout"


class JoinBranches(PlainBehaviour):
    """What is still under way when it goes on is taken away by the interpreter."""

    @override
    def start(self, activity: Activity) -> Reaction:
        limit_s = integer(self.settings(activity.config), "limit_s")
        if not limit_s or self._takes_first(activity.config):
            return Reaction()
        timer = SetTimer(name="limit", due_at_ms=activity.at_ms + 1000 * limit_s)
        return Reaction(requests=(timer,))

    @override
    def joined(self, activity: Activity, branches: BranchArrived) -> Reaction:
        if self._takes_first(activity.config):
            return Reaction(outcome=_FIRST_ARRIVED)
        return Reaction(outcome=None if branches.missing else ALL_ARRIVED)

    @override
    def time_up(self, activity: Activity, name: str) -> Reaction:
        return Reaction(outcome=_TIMEOUT)

    @override
    def outcomes(self, config: Mapping[str, JsonValue]) -> tuple[Outcome, ...]:
        names = {_FIRST_ARRIVED} if self._takes_first(config) else {ALL_ARRIVED}
        if ALL_ARRIVED in names and integer(self.settings(config), "limit_s"):
            names.add(_TIMEOUT)
        return tuple(one for one in self.declared_outcomes if one.id in names)

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        if self._takes_first(config):
            return said(locale, en="Goes on with the first branch", zh="首个分支到达即继续")
        limit_s = integer(self.settings(config), "limit_s")
        if not limit_s:
            return said(locale, en="Waits for all branches", zh="等待所有分支")
        return said(
            locale,
            en=f"Waits for all branches, at most {plural(limit_s, 'second')}",
            zh=f"等待所有分支，最多 {limit_s} 秒",
        )

    def _takes_first(self, config: Mapping[str, JsonValue]) -> bool:
        return text(self.settings(config), "mode") == _FIRST_ARRIVED
