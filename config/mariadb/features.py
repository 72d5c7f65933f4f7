"""What this backend can do beyond Django's MySQL."""

from __future__ import annotations

from django.db.backends.mysql.features import DatabaseFeatures


class Features(DatabaseFeatures):
    """MariaDB's, with unique constraints that hold only for some rows (see `schema`)."""

    supports_partial_indexes = True
