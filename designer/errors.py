"""What the designer refuses; each error carries its data."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from designer.models import Draft
from flow.verification.finding import Finding


class DesignerError(Exception):
    """Base of everything this package raises."""


class StaleDraftError(DesignerError):
    """Somebody saved after the revision this change began from; `current` is what stands now."""

    def __init__(self, *, revision: int, current: Draft) -> None:
        self.revision, self.current = revision, current
        super().__init__(f"draft is at revision {current.revision}, not {revision}")


class HasErrorsError(DesignerError):
    """A graph with errors is not published; `findings` are all of them, warnings too."""

    def __init__(self, *, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(f"{len(self.findings)} findings")


class UnsuitableGraphError(DesignerError):
    """A document that is no graph, or beyond the limits. `path` is a JSON pointer into it."""

    def __init__(self, *, path: str, expected: str) -> None:
        self.path, self.expected = path, expected
        super().__init__(f"{path or '/'}: expected {expected}")


class NameTakenError(DesignerError):
    """The workspace has a flow of this name already."""

    def __init__(self, *, name: str) -> None:
        self.name = name
        super().__init__(f"there is a flow named {name!r}")


class UnknownTemplateError(DesignerError):
    """No template of this key is shipped."""

    def __init__(self, *, key: str) -> None:
        self.key = key
        super().__init__(f"no template {key!r}")


class OnlyCalledError(DesignerError):
    """Runs of this flow begin by a call of another flow, never by a link."""

    def __init__(self, *, flow: UUID) -> None:
        self.flow = flow
        super().__init__(f"flow {flow} is for other flows to call")


class NotPublishedError(DesignerError):
    """A link needs a published version."""

    def __init__(self, *, flow: UUID) -> None:
        self.flow = flow
        super().__init__(f"flow {flow} has no published version")
