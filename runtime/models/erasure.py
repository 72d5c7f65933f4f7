"""That somebody wants a run erased and a second person has yet to agree."""

from __future__ import annotations

from django.db import models
from typing_extensions import override

from runtime.models.run import Run


class ErasureWish(models.Model):
    """Gone once the run is erased, or the wish is dropped; the audit trail keeps what was said."""

    id = models.UUIDField(primary_key=True, editable=False)
    """Made up by whoever asks: asking again changes nothing."""
    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="erasure_wish")
    """The run at the top of the family."""
    asked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    asked_at_ms = models.PositiveBigIntegerField()
    reason = models.CharField(max_length=300)

    @override
    def __str__(self) -> str:
        return f"erase {self.run_id}"
