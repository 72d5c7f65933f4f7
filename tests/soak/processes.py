"""The processes that die: an edge that stores what a client sends, and the dispatcher."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import time
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any
from uuid import UUID
from weakref import WeakSet

from django.db import DatabaseError

from designer.models import FlowVersion
from flow.errors import EventRefusedError
from runtime import driver
from runtime.clock import now_ms
from runtime.dispatcher import Dispatcher
from tests.soak.crash_points import CrashPoint
from tests.soak.site import release_connections

FORK = get_context("fork")
"""Django is loaded once; a fork of it starts in milliseconds."""
ANSWER_LIMIT_S = 600.0
"""Only so that nothing hangs for ever: the site itself refuses long before."""
_SHOWING_S = 2.0
_processes: WeakSet[Process] = WeakSet()


class Process:
    """A child that runs `main(*args)`; it dies by itself, by `kill`, or with this process."""

    def __init__(self, main: Callable[..., None], *args: Any, crash: CrashPoint | None) -> None:
        release_connections()
        self._process = FORK.Process(target=_run, args=(main, args, crash), daemon=True)
        self._process.start()
        _processes.add(self)

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    @property
    def was_killed(self) -> bool:
        return self._process.exitcode == -signal.SIGKILL

    def wait(self, limit_s: float) -> bool:
        self._process.join(limit_s)
        return not self._process.is_alive()

    def send(self, what: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process.pid or 0, what)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        self._process.join()


def show_threads() -> None:
    """Each process says on standard error where its threads are, before anything is killed."""
    for one in tuple(_processes):
        one.send(signal.SIGUSR1)
    time.sleep(_SHOWING_S)


def _run(main: Callable[..., None], args: tuple[Any, ...], crash: CrashPoint | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.register(signal.SIGUSR1)
    if crash is not None:
        crash.arm()
    main(*args, crash)


class RefusedError(Exception):
    """The edge could not store it, said so and lives on."""


class TooLateError(Exception):
    """The run has ended or stands elsewhere: nobody waits for this act any more."""


class Edge:
    """What stands between a client and the record; a stand-in for a web process's socket."""

    def __init__(self, crash: CrashPoint | None = None) -> None:
        self._pipe, theirs = FORK.Pipe()
        self.process = Process(_serve, theirs, self._pipe, crash=crash)
        theirs.close()

    def ask(self, verb: Callable[..., Any], *args: Any) -> Any:
        """The answer of `verb(*args)`.

        Raises EOFError when the edge died before it answered, RefusedError when the database did
        not take it, TooLateError when the run does not.
        """
        self.begin(verb, *args)
        return self.finish()

    def begin(self, verb: Callable[..., Any], *args: Any) -> None:
        try:
            self._pipe.send((verb, args))
        except (BrokenPipeError, ConnectionResetError) as error:
            raise EOFError from error

    def finish(self) -> Any:
        try:
            if not self._pipe.poll(ANSWER_LIMIT_S):
                show_threads()
                raise TimeoutError(f"no answer in {ANSWER_LIMIT_S:g} s")
            answer = self._pipe.recv()
        except ConnectionResetError as error:
            raise EOFError from error
        if isinstance(answer, RefusedError | TooLateError):
            raise answer
        return answer

    def close(self) -> None:
        self._pipe.close()
        self.process.kill()


def _serve(pipe: Connection, other_end: Connection, crash: CrashPoint | None) -> None:
    other_end.close()
    while True:
        try:
            verb, args = pipe.recv()
        except EOFError:
            return
        try:
            answer = verb(*args)
        except DatabaseError as error:
            answer = RefusedError(str(error))
        except EventRefusedError as error:
            answer = TooLateError(str(error))
        if crash is not None:
            crash.passed("before ack")
        pipe.send(answer)


def dispatch_jobs(_crash: CrashPoint | None) -> None:
    """The real dispatcher, until SIGTERM."""
    dispatcher = Dispatcher()
    signal.signal(signal.SIGTERM, dispatcher.stop)
    dispatcher.run()


def new_run(version_id: UUID) -> UUID:
    version = FlowVersion.objects.select_related("flow").get(pk=version_id)
    return driver.start_run(version, at_ms=now_ms()).pk


def bring(run_id: UUID, event: Any, key: str) -> int:
    """Store an event; the seq it got, now or the first time."""
    return driver.advance_run(run_id, event, key=key, actor="participant:customer").seq
