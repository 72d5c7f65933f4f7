"""Why a package is not taken: a code for machines, and in words what was wrong and expected."""

from __future__ import annotations

from enum import StrEnum

from components.errors import ComponentError


class Refusal(StrEnum):
    """What can be wrong with a package, in the order in which it is looked for."""

    NOT_AN_ARCHIVE = "not_an_archive"
    TOO_LARGE = "too_large"
    TOO_MANY_FILES = "too_many_files"
    TOO_DENSE = "too_dense"
    BAD_NAME = "bad_name"
    NOT_A_FILE = "not_a_file"
    DUPLICATE_ENTRY = "duplicate_entry"
    DAMAGED = "damaged"
    UNSIGNED = "unsigned"
    BAD_ENVELOPE = "bad_envelope"
    UNKNOWN_KEY = "unknown_key"
    REVOKED_KEY = "revoked_key"
    BAD_SIGNATURE = "bad_signature"
    WRONG_PUBLISHER = "wrong_publisher"
    NOT_COUNTERSIGNED = "not_countersigned"
    MISSING_FILE = "missing_file"
    EXTRA_FILE = "extra_file"
    CHANGED_FILE = "changed_file"
    BAD_MANIFEST = "bad_manifest"
    FORBIDDEN_KIND = "forbidden_kind"
    CARRIES_CODE = "carries_code"
    REVOKED_PACKAGE = "revoked_package"
    DOWNGRADE = "downgrade"
    VERSION_TAKEN = "version_taken"


class RefusedPackageError(ComponentError):
    """A package is not taken: `code`, where in it, and what was expected."""

    def __init__(self, code: Refusal, *, where: str = "", expected: str) -> None:
        self.code, self.where, self.expected = code, where, expected
        super().__init__(f"{code}{f' at {where}' if where else ''}: expected {expected}")


class BadKeyError(ComponentError):
    """A key or keyring cannot be read; says which, and what was expected."""
