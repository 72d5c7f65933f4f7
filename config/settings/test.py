"""Tests: a folder and database of the test run's own, a hasher that does not take its time."""

import atexit
import os
import shutil
import tempfile

if "COUNTERFLOW_VAR" not in os.environ:
    # Before base is read, which looks there; pytest reads settings before any conftest.
    os.environ["COUNTERFLOW_VAR"] = tempfile.mkdtemp(prefix="counterflow-tests-")
    atexit.register(shutil.rmtree, os.environ["COUNTERFLOW_VAR"], ignore_errors=True)

from config.settings.base import *  # noqa: F403 - settings are one flat namespace
from config.settings.base import DATABASES, DJANGO_VITE, VAR

# A file, not memory: threads must meet in the same database, under the same locks.
if DATABASES["default"]["ENGINE"].endswith("sqlite"):
    DATABASES["default"] = {
        **DATABASES["default"],
        "TEST": {"NAME": str(VAR / "test.sqlite3")},
        # No test cuts the power, and what the kernel has taken survives a killed process.
        "OPTIONS": {
            **DATABASES["default"]["OPTIONS"],
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;",
        },
    }
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Pages are tested without a built front-end, and static files are looked up one by one.
STATICFILES_DIRS = []
WHITENOISE_AUTOREFRESH = True
DJANGO_VITE = {"default": {**DJANGO_VITE["default"], "dev_mode": True}}
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
