"""What a proof came to: one line of JSON that a machine can read."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field


@dataclass(kw_only=True)
class Result:
    """A proof holds when nothing was lost, nothing came twice and no rule was broken."""

    proof: str
    store: str
    seed: int
    trials: int = 0
    """How often the fault was really made; a proof without trials proves nothing."""
    acknowledged: int = 0
    """What clients were told had been stored."""
    lost: int = 0
    duplicated: int = 0
    broken: list[str] = field(default_factory=list)
    """Every other rule that did not hold, with where."""
    figures: dict[str, float | int | str] = field(default_factory=dict)
    """Measured on the way: for the reader, not part of the verdict."""
    cases: Counter[str] = field(default_factory=Counter)
    """Trials by kind."""

    @property
    def holds(self) -> bool:
        return self.trials > 0 and not (self.lost or self.duplicated or self.broken)

    def line(self) -> str:
        told = asdict(self)
        told["cases"] = dict(sorted(self.cases.items()))
        told["broken"] = self.broken[:20]
        return json.dumps({**told, "holds": self.holds}, ensure_ascii=False)
