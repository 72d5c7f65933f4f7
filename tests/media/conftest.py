"""A site and a worker process for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.media.site import Site, WorkerProcess


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    await site.start()
    yield site
    await site.stop()


@pytest.fixture
async def worker(site: Site, tmp_path: Path) -> AsyncIterator[WorkerProcess]:
    process = WorkerProcess(site, tmp_path)
    await process.start()
    yield process
    await process.stop()
