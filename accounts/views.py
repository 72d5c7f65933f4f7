"""The base of REST views: it names the action behind each method, and objects pass `can` too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, TypeVar

from django.http import Http404
from rest_framework import exceptions
from rest_framework.views import APIView

from accounts.access import can
from accounts.guard import principal_of
from accounts.models import User

Thing = TypeVar("Thing")


class GuardedView(APIView):
    """A view that names the action of `accounts.access` behind each of its methods."""

    actions: ClassVar[Mapping[str, str]] = {}
    """HTTP method -> action. A method that is not named here is refused."""

    def allowed(self, obj: Thing | None) -> Thing:
        """`obj`, when this person may do it to that; else 404, as for what does not exist."""
        if obj is None or not can(
            principal_of(self.request), self.actions[self.request.method or ""], obj
        ):
            raise Http404
        return obj

    @property
    def person(self) -> User:
        """The signed-in person; only where the action is for staff."""
        if not isinstance(self.request.user, User):
            raise exceptions.NotAuthenticated
        return self.request.user
