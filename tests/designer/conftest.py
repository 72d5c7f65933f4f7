from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Role
from tests.accounts.people import person, signed_in


@pytest.fixture
def analyst() -> Client:
    return signed_in(person(Role.ANALYST, display_name="Lea Martin"))
