"""Tests: a database in the folder of the test run, a hasher that does not take its time."""

from config.settings.base import *  # noqa: F403 - settings are one flat namespace
from config.settings.base import DATABASES, VAR

# A file, not memory: threads must meet in the same database, under the same locks.
DATABASES["default"] = {**DATABASES["default"], "TEST": {"NAME": str(VAR / "test.sqlite3")}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
