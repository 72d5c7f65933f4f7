"""How the REST interface speaks of runs that cannot be opened: erased, or sealed by a lost key."""

from __future__ import annotations

from django.utils.translation import get_language

from accounts.answers import ApiError
from runtime.errors import RunErasedError, RunSealedError
from runtime.models import Run
from runtime.refusals import text_of

GONE, UNAVAILABLE = 410, 503


def refuse_erased(run: Run) -> None:
    """Raises ApiError 410 for a run whose data is no longer there."""
    if run.erased_at_ms is not None:
        raise _refusal(GONE, RunErasedError.code)


def as_answer(error: Exception) -> Exception:
    """The error as the interface answers it; any other as it is."""
    match error:
        case RunErasedError():
            return _refusal(GONE, error.code)
        case RunSealedError():
            return _refusal(UNAVAILABLE, error.code)
        case _:
            return error


def _refusal(status: int, code: str) -> ApiError:
    return ApiError(status, code, text_of(code, get_language() or "en"))
