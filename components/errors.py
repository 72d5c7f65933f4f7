"""Errors of the vocabulary: each carries its data and says which, what, and what was expected."""

from __future__ import annotations


class ComponentError(Exception):
    """Base of everything this package raises."""


class FaultyManifestError(ComponentError):
    """A manifest is not a valid `component/1` document; `path` is a JSON pointer into it."""

    def __init__(self, *, path: str, message: str) -> None:
        self.path, self.message = path, message
        super().__init__(f"{path or '/'}: {message}")
