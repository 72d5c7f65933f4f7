"""A recording that grows on the disk of a proof, beside everything else."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from runtime.media import chain, webm
from runtime.media.spool import WRITER, SpoolFile, Subject
from tests.soak.result import Result

CLUSTER_MS = 400
PICTURE_BYTES = 6_000


class Tape:
    """Begin it when everything is forked: it writes in a thread of its own."""

    def __init__(self, folder: Path) -> None:
        subject = Subject(
            recording="proof",
            party="customer",
            role="customer",
            room="proof",
            generation=1,
            grant="",
            t0_ms=0,
        )
        self._file = SpoolFile(folder, subject)
        self._clusters = 0

    def roll(self) -> None:
        """One cluster more; it has been tried when this returns."""
        at_ms = self._clusters * CLUSTER_MS
        picture = os.urandom(PICTURE_BYTES)
        block = webm.Block(track=webm.VIDEO, at_ms=at_ms, is_key=True, data=picture)
        self._file.append([block])
        self._clusters += 1
        WRITER.submit(lambda: None).result()

    def end(self, result: Result) -> None:
        """What is in the file verifies; what is not was told as a gap."""
        lost = self._file.take_lost()
        sealed = asyncio.run(self._file.seal(webm.Shape(duration_ms=self._clusters * CLUSTER_MS)))
        whole = sealed.path.read_bytes()
        found = {one.first_ms for one in webm.find_clusters(whole, webm.HEAD_BYTES)}
        told = {at for first, last in lost for at in range(first, last + 1, CLUSTER_MS)}
        untold = {n * CLUSTER_MS for n in range(self._clusters)} - found - told
        result.cases |= {"clusters recorded": len(found), "gaps in the recording": len(lost)}
        if chain.find_break(self._file.links, whole) is not None:
            result.broken.append("the recording does not verify")
        if untold:
            result.broken.append(f"{len(untold)} clusters are neither there nor told as a gap")
