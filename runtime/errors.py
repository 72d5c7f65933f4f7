"""Errors of the runtime: each carries its data and says which, what, and what was expected."""

from __future__ import annotations


class RuntimeFloorError(Exception):
    """Base of everything this package raises."""

    code = "runtime_error"


class UnknownRunError(RuntimeFloorError):
    """There is no such run."""

    code = "unknown_run"

    def __init__(self, *, run_id: object) -> None:
        self.run_id = run_id
        super().__init__(f"no run {run_id}")


class UnknownVersionError(RuntimeFloorError):
    """A run's log names a graph that its flow has no version of."""

    code = "unknown_version"

    def __init__(self, *, content_hash: str) -> None:
        self.content_hash = content_hash
        super().__init__(f"no version with graph {content_hash or '(not named)'}")


class ConflictError(RuntimeFloorError):
    """Others advanced the run again and again while this event was tried.

    The same event may be sent again.
    """

    code = "again"

    def __init__(self, *, run_id: object, attempts: int) -> None:
        self.run_id, self.attempts = run_id, attempts
        super().__init__(f"run {run_id} changed under each of {attempts} attempts")


class StaleFenceError(RuntimeFloorError):
    """Someone else holds the job now, or it is done: this answer must not count."""

    code = "stale_fence"

    def __init__(self, *, job_key: str, fence: int) -> None:
        self.job_key, self.fence = job_key, fence
        super().__init__(f"job {job_key} is no longer held under fence {fence}")


class EffectFailedError(RuntimeFloorError):
    """An effect could not be performed. `final` says that trying again would not help."""

    def __init__(self, code: str, message: str = "", *, final: bool = False) -> None:
        self.code, self.message, self.final = code, message, final
        super().__init__(f"{code}: {message}" if message else code)


class GrantError(RuntimeFloorError):
    """A grant is forged, expired, or not for this."""

    code = "bad_grant"


class MalformedMessageError(RuntimeFloorError):
    """A socket message is not one of docs/protocol.md.

    `reason` is a refusal, `field` a JSON pointer or None.
    """

    code = "malformed"

    def __init__(
        self,
        message: str,
        *,
        reason: str = "malformed",
        field: str | None = None,
        id_: str | None = None,
    ) -> None:
        self.reason, self.field, self.id, self.message = reason, field, id_, message
        super().__init__(message)


class KeyringError(RuntimeFloorError):
    """The keyring cannot be read, or does not open what it should."""

    code = "keyring"


class UnknownKeyError(KeyringError):
    """The keyring has no key of this id."""

    code = "unknown_key"

    def __init__(self, *, key_id: str) -> None:
        self.key_id = key_id
        super().__init__(f"the keyring has no key {key_id!r}")


class RunSealedError(RuntimeFloorError):
    """What the run has stored cannot be opened. `cause` is for operators."""

    code = "run_sealed"

    def __init__(self, *, run_id: object, cause: str) -> None:
        self.run_id, self.cause = run_id, cause
        super().__init__(f"run {run_id} cannot be opened: {cause}")


class RunErasedError(RuntimeFloorError):
    """What the run has stored was erased: its key is destroyed."""

    code = "run_erased"

    def __init__(self, *, run_id: object) -> None:
        self.run_id = run_id
        super().__init__(f"run {run_id} has been erased")


class EgressError(RuntimeFloorError):
    """A call to the outside came to nothing. `cause` is a word, never anything of what was sent."""

    code = "egress"

    def __init__(self, *, cause: str) -> None:
        self.cause = cause
        super().__init__(f"{self.code}: {cause}")


class BlockedError(EgressError):
    """The call may not be made at all: address, port, scheme. Nothing was sent."""

    code = "blocked"


class UnsentError(EgressError):
    """Nobody could be reached. Nothing was sent."""

    code = "unreachable"


class NoAnswerError(EgressError):
    """No usable answer: what was sent may have arrived and been acted upon."""

    code = "no_answer"


class RefusedError(EgressError):
    """The other side heard what was sent and refused it."""

    code = "refused"


class NoConnectionError(RuntimeFloorError):
    """The workspace has no such connection, or it is switched off."""

    code = "no_connection"

    def __init__(self, *, name: str) -> None:
        self.name = name
        super().__init__(f"no connection {name!r}")
