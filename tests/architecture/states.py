"""The diagram of a run's status, drawn from the table the code itself asks.

`python -m tests.architecture.states` writes it into docs/architecture.md between its two marks.
"""

from __future__ import annotations

import re
from pathlib import Path

from flow.state import NEXT, RunStatus

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"
BETWEEN = re.compile(r"(<!-- states: [^\n]*-->\n).*?(<!-- /states -->)", re.DOTALL)


def diagram() -> str:
    """Mermaid source: every legal change of `flow.state.NEXT`, in the order of RunStatus."""
    lines = ["stateDiagram-v2", f"    [*] --> {RunStatus.OPEN}"]
    for status in RunStatus:
        after = [one for one in RunStatus if one in NEXT[status]]
        lines += [f"    {status} --> {one}" for one in after]
        lines += [f"    {status} --> [*]"] if not after else []
    return "```mermaid\n" + "\n".join(lines) + "\n```\n"


def drawn(page: str) -> str:
    """The page with the diagram as it is now."""
    return BETWEEN.sub(lambda found: found[1] + diagram() + found[2], page)


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
