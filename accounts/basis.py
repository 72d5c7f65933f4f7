"""What a person's rights rest on, as the database has it now: the same rows mean the same rights.

Sockets ask before everything they take or show whether their person still may. To find that out is
a dozen queries; to see that nothing it rests on has changed is one statement, written once.
"""

from __future__ import annotations

from typing import Any, TypeAlias
from uuid import UUID

from django.db.backends.utils import CursorWrapper

Basis: TypeAlias = "tuple[tuple[Any, ...], ...]"
"""Only ever compared with another one; () when there is nothing a right could rest on."""

_STAFF = """
    SELECT s.session_data, u.is_active, u.password, m.workspace_id, m.role
    FROM django_session s
    JOIN accounts_user u ON u.id = %s
    LEFT JOIN accounts_membership m ON m.user_id = u.id
    WHERE s.session_key = %s
    ORDER BY m.workspace_id, m.role
"""
_CUSTOMER = "SELECT run, device_hash, resume_until FROM accounts_redemption WHERE id = %s"


def of_staff(cursor: CursorWrapper, session_key: str, user_id: UUID) -> Basis:
    """The session, the account and its roles."""
    cursor.execute(_STAFF, (user_id.hex, session_key))
    return tuple(cursor.fetchall())


def of_customer(cursor: CursorWrapper, redemption_id: UUID) -> Basis:
    """The redemption that the join cookie stands for."""
    cursor.execute(_CUSTOMER, (redemption_id.hex,))
    return tuple(cursor.fetchall())
