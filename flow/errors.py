"""Errors of the flow language: each carries its data and says which, what and what is expected."""

from __future__ import annotations

from collections.abc import Iterable

from typing_extensions import override


class FlowError(Exception):
    """Base of everything this package raises."""

    code = "flow_error"


class MalformedDocumentError(FlowError):
    """A JSON document is not what it should be: `path` is a JSON pointer into it.

    What was found may be what a customer said, so the message tells its type only.
    """

    code = "malformed_document"

    def __init__(self, *, path: str, expected: str, found: object) -> None:
        self.path, self.expected, self.found = path, expected, found
        super().__init__(f"{path or '/'}: expected {expected}, found {self._named(found)}")

    def _named(self, found: object) -> str:
        return type(found).__name__


class MalformedGraphError(MalformedDocumentError):
    """A document is not a graph."""

    code = "malformed_graph"

    @override
    def _named(self, found: object) -> str:
        return f"{found!r:.80}"


class UnknownNodeError(FlowError):
    """Something names a node the graph does not have."""

    code = "unknown_node"

    def __init__(self, *, node: str, known: Iterable[str]) -> None:
        self.node, self.known = node, tuple(known)
        super().__init__(f"no node {node!r}; the graph has {len(self.known)} nodes")


class UnknownOutcomeError(FlowError):
    """A node has no such outcome."""

    code = "unknown_outcome"

    def __init__(self, *, node: str, outcome: str, known: Iterable[str]) -> None:
        self.node, self.outcome, self.known = node, outcome, tuple(known)
        declared = ", ".join(repr(one) for one in self.known) or "none"
        super().__init__(f"node {node!r} has no outcome {outcome!r}; it declares {declared}")


class UnknownComponentError(FlowError):
    """A node is of a component that is not there in that version."""

    code = "unknown_component"

    def __init__(self, *, component: str, version: str) -> None:
        self.component, self.version = component, version
        super().__init__(f"component {component}@{version} is not in the catalogue")


class ExpressionError(FlowError):
    """An expression does not parse, fit its types or evaluate; `position` is 0-based or None."""

    code = "expression"

    def __init__(self, *, source: str, message: str, position: int | None = None) -> None:
        self.source, self.message, self.position = source, message, position
        super().__init__(f"{message} in {source!r:.200}")


class EventRefusedError(FlowError):
    """The run cannot take this event now; the state is unchanged.

    `reason` is one of the codes of docs/protocol.md ("Refusals"); `message` is English and safe to
    show.
    """

    code = "refused"

    def __init__(self, *, reason: str, message: str, field: str | None = None) -> None:
        self.reason, self.message, self.field = reason, message, field
        super().__init__(message)


class UndeclaredOutputError(FlowError):
    """A behaviour wrote a variable it does not declare."""

    code = "undeclared_output"

    def __init__(self, *, node: str, output: str, known: Iterable[str]) -> None:
        self.node, self.output, self.known = node, output, tuple(known)
        super().__init__(f"node {node!r} wrote {output!r}, which its manifest does not declare")
