"""Finished files on their way to the site, and what a killed process left in the spool."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import http.client
import json
import mmap
import os
import re
import shutil
import ssl
import time
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, urlsplit

import structlog

from runtime.media import chain, webm
from runtime.media.chain import Link
from runtime.media.errors import BadGrantError
from runtime.media.pictures import look_of
from runtime.media.spool import ENDINGS, Sealed, Subject, append_lines, finish

PLAIN_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}")
UPLOAD_TIMEOUT_S = 60
ANSWER_BYTES = 16_384  # of where to put a file
OK_STATUSES = range(200, 300)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A right to deliver; `text` is what the site signed, opaque but for its first part."""

    text: str
    prefix: str  # "<run>/<generation>/"


def read_grant(text: object, room: str, generation: int) -> Grant:
    """Read a grant and check that it is for this room and generation and has not expired."""
    try:
        body = str(text).partition(".")[0]
        told = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        prefix = str(told["prefix"])
        belongs = (told["room"], told["generation"]) == (room, generation)
        is_live = int(told["expires_at_ms"]) > time.time() * 1000
    except (ValueError, KeyError, TypeError) as error:
        raise BadGrantError("the grant cannot be read") from error
    names = prefix.rstrip("/").split("/")
    if not all(PLAIN_NAME.fullmatch(name) for name in names):
        raise BadGrantError("the grant's prefix is not made of plain names")
    if not belongs or not is_live:
        raise BadGrantError("the grant is for another room or generation, or has expired")
    return Grant(text=str(text), prefix="/".join(names) + "/")


def prefix_of(text: str) -> str:
    """The prefix of a grant that was good when its file was begun."""
    body = text.partition(".")[0]
    told = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return str(told["prefix"]).rstrip("/") + "/"


class Delivery:
    """Moves files into the media folder of this host, or streams them to where the site says.

    What was streamed stays until the site has stored that it came (`forget`).
    """

    def __init__(self, folder: Path | None, site: str, tls: ssl.SSLContext | None = None) -> None:
        self._folder = folder
        self._site = site
        self._tls = tls

    async def deliver(self, path: Path, prefix: str, grant: str) -> dict[str, object]:
        """Deliver one file; gives {"path": …} or {"uploaded": …}. Raises OSError."""
        if self._folder is not None:
            await asyncio.to_thread(_move, path, self._folder / prefix / path.name)
            return {"path": prefix + path.name}
        await asyncio.to_thread(self._stream, path, prefix + path.name, grant)
        return {"uploaded": prefix + path.name}

    def _stream(self, path: Path, name: str, grant: str) -> None:
        granted = {"Authorization": f"Grant {grant}"}
        ours = f"{_base(self._site)}/api/v1/media/{quote(name)}"
        put = _ask_place(ours, granted, self._tls)
        if put is None:
            _put(path, ours, granted, self._tls)
        else:
            _put(path, put, {}, self._tls)

    def find_delivered(self, prefix: str, name: str) -> Path | None:
        """A file a former process delivered but did not get acknowledged."""
        if self._folder is None or not (self._folder / prefix / name).exists():
            return None
        return self._folder / prefix / name


def left_behind(spool: Path) -> list[Subject]:
    """What a former process recorded and did not get acknowledged as delivered."""
    subjects = []
    for path in sorted(spool.glob("*.json")):
        try:
            subjects.append(Subject(**json.loads(path.read_text())))
        except (ValueError, TypeError):
            log.warning("spool_entry_unreadable", file=path.name)
    return subjects


def recover(folder: Path, subject: Subject, delivered: Path | None) -> tuple[Sealed, list[Link]]:
    """Complete a file whose process died: the links it lacks, index, head. Runs on a thread."""
    links_path = folder / f"{subject.file}.links"
    links = chain.read_lines(links_path)
    path = delivered or folder / subject.file
    if not (links and links[-1].final):
        known = len(links)
        clusters = _link_tail(path, subject, links)
        cues = [webm.Cue(at_ms=c.first_ms, offset=c.offset) for c in clusters if c.has_key]
        finish(path, links, _shape_of(clusters, subject.codec), cues, subject, recovered=True)
        _rewrite_links(links_path, links, known)
    return _measure(path, subject, links), links


def forget(folder: Path, subject: Subject) -> None:
    """Remove what stood beside a file the site has acknowledged.

    What says that there is a file goes first: who dies here must not leave one that looks torn.
    """
    for ending in (".json", ".links", ""):
        (folder / f"{subject.file}{ending}").unlink(missing_ok=True)


def clear_forgotten(spool: Path) -> None:
    """Remove the rest of what a former process was about to forget when it died."""
    files = (path for ending in (*ENDINGS.values(), "links") for path in spool.glob(f"*.{ending}"))
    for path in sorted(files):
        subject = spool / f"{path.name.removesuffix('.links')}.json"
        if not subject.exists():
            path.unlink(missing_ok=True)


def _link_tail(path: Path, subject: Subject, links: list[Link]) -> list[webm.FoundCluster]:
    """Link the whole clusters behind the last link and cut what is torn; gives all clusters."""
    linked_to = max((link.offset + link.bytes for link in links), default=webm.HEAD_BYTES)
    if path.stat().st_size < webm.HEAD_BYTES:
        path.write_bytes(webm.head(webm.Shape()))
    with path.open("r+b") as file:
        with mmap.mmap(file.fileno(), 0) as data:
            clusters = webm.find_clusters(data, webm.HEAD_BYTES)
            for cluster in clusters:
                if cluster.offset < linked_to:
                    continue
                held = data[cluster.offset : cluster.offset + cluster.bytes]
                times = subject.t0_ms + cluster.first_ms, subject.t0_ms + cluster.last_ms
                last = links[-1] if links else None
                links.append(
                    chain.forge(last, held, times=times, offset=cluster.offset, recovered=True)
                )
        end = max((c.offset + c.bytes for c in clusters), default=webm.HEAD_BYTES)
        file.truncate(max(end, linked_to))
    return clusters


def _rewrite_links(path: Path, links: list[Link], known: int) -> None:
    """Add the new links; a line cut short by the crash goes first."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    append_lines(fresh, links)
    fresh.replace(path)
    log.info("recording_recovered", file=path.stem, links=len(links), added=len(links) - known)


def _shape_of(clusters: list[webm.FoundCluster], codec: str) -> webm.Shape:
    looks = (look_of(codec, cluster.key) for cluster in clusters if cluster.key)
    tracks = frozenset[int]().union(*(cluster.tracks for cluster in clusters))
    duration_ms = max((cluster.last_ms for cluster in clusters), default=0)
    return replace(
        webm.shape_of(codec, next(filter(None, looks), None), duration_ms=duration_ms),
        has_video=webm.VIDEO in tracks,
        has_audio=webm.AUDIO in tracks,
    )


def _measure(path: Path, subject: Subject, links: list[Link]) -> Sealed:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Sealed(
        subject=subject,
        path=path,
        bytes=path.stat().st_size,
        sha256=digest,
        head=links[-1].head,
        duration_ms=links[-1].t1_ms - subject.t0_ms,
    )


def _move(path: Path, target: Path) -> None:
    """Rename into place; across file systems copy first, so that a half file is never seen."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.replace(target)
    except OSError:
        partial = target.with_name(f".{target.name}.part")
        shutil.copyfile(path, partial)
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(target)
        path.unlink()


def _base(site: str) -> str:
    """Where the site that the worker dials answers HTTP."""
    parts = urlsplit(site)
    return f"{'https' if parts.scheme == 'wss' else 'http'}://{parts.netloc}"


def _connection(address: str, tls: ssl.SSLContext | None) -> http.client.HTTPConnection:
    """Nothing is sent before it is used."""
    parts = urlsplit(address)
    if parts.scheme == "https":
        return http.client.HTTPSConnection(parts.netloc, timeout=UPLOAD_TIMEOUT_S, context=tls)
    return http.client.HTTPConnection(parts.netloc, timeout=UPLOAD_TIMEOUT_S)


def _ask_place(address: str, headers: dict[str, str], tls: ssl.SSLContext | None) -> str | None:
    """Where the site wants the file; None: at its own address."""
    connection = _connection(address, tls)
    try:
        connection.request("POST", urlsplit(address).path, headers=headers)
        answer = connection.getresponse()
        body = answer.read(ANSWER_BYTES)
    finally:
        connection.close()
    if answer.status not in OK_STATUSES:
        raise OSError(f"the site answered {answer.status} when asked for a place")
    try:
        put = json.loads(body)["put"]
    except (ValueError, KeyError, TypeError) as error:
        raise OSError("the site named no place") from error
    if put is not None and urlsplit(str(put)).scheme not in ("http", "https"):
        raise OSError("the site named a place that is none")
    return None if put is None else str(put)


def _put(path: Path, address: str, headers: dict[str, str], tls: ssl.SSLContext | None) -> None:
    """Stream a file by PUT."""
    parts = urlsplit(address)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    connection = _connection(address, tls)
    told = headers | {"Content-Length": str(path.stat().st_size)}
    try:
        with path.open("rb") as file:
            connection.request("PUT", target, body=file, headers=told)
        status = connection.getresponse().status
    finally:
        connection.close()
    if status not in OK_STATUSES:
        raise OSError(f"the answer to {path.name} was {status}")
