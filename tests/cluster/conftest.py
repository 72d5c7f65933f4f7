"""One cluster for all tests of this folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.site import Cluster, running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Real processes on a busy machine take longer than a unit test, within a limit."""
    for item in items:
        if "cluster" in Path(str(item.fspath)).parts:
            item.add_marker(pytest.mark.timeout(180))


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Where PostgreSQL's own user can get to, which it cannot in pytest's folders."""
    made = Path(tempfile.mkdtemp(prefix="counterflow-cluster-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster(folder: Path) -> Iterator[Cluster]:
    with running(folder, broker="redis") as one:
        yield one
