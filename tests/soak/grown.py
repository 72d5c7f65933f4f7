"""`python -m tests.soak.grown PARSER [libFuzzer's options] CORPUS…`: one parser under libFuzzer."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["runtime.media"]):
    from tests.media.parsers import PARSERS


def main() -> None:
    """Ends with libFuzzer's status; a faulty input is told on standard error."""
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, PARSERS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
