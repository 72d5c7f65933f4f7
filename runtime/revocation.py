"""Who has lost a right is told at once: their sockets ask again and end when they may not stay."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.db.models.signals import post_delete, post_save

from accounts.models import Membership, Redemption, User
from runtime import hints


def watch() -> None:
    """Listen to sign-outs, roles, accounts and redemptions; called once when Django is ready."""
    user_logged_out.connect(_signed_out, dispatch_uid="runtime.signed_out")
    for change in (post_save, post_delete):
        change.connect(_role_changed, sender=Membership, dispatch_uid=f"runtime.role.{id(change)}")
        change.connect(_person_changed, sender=User, dispatch_uid=f"runtime.user.{id(change)}")
        change.connect(
            _person_changed, sender=Redemption, dispatch_uid=f"runtime.device.{id(change)}"
        )


def _signed_out(sender: Any, user: User | None = None, **_: Any) -> None:
    if user is not None:
        _tell(user.pk)


def _role_changed(sender: Any, instance: Membership, **_: Any) -> None:
    _tell(instance.user_id)


def _person_changed(sender: Any, instance: User | Redemption, **_: Any) -> None:
    _tell(instance.pk)


def _tell(person: object) -> None:
    transaction.on_commit(partial(hints.tell_person, person))
