"""What a commit means under the settings that people run, read from a real connection."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FULL = 2
READ = """
import json, django
django.setup()
from django.db import connection
read = lambda name: connection.cursor().execute(f"PRAGMA {name}").fetchone()[0]
print(json.dumps([read("journal_mode"), read("synchronous")]))
"""


@pytest.mark.parametrize("settings", ["local", "production"])
def test_a_commit_is_flushed_to_the_disk(settings, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("s" * 64)
    site = {
        "DJANGO_SETTINGS_MODULE": f"config.settings.{settings}",
        "COUNTERFLOW_VAR": str(tmp_path),
        "COUNTERFLOW_SECRET_KEY_FILE": str(secret),
        "COUNTERFLOW_ALLOWED_HOSTS": "bank.example",
        "COUNTERFLOW_KEYRING_FILE": str(tmp_path / "keyring.json"),
    }

    others = {
        name: value for name, value in os.environ.items() if name != "COUNTERFLOW_DATABASE_URL"
    }
    told = subprocess.run(
        [sys.executable, "-c", READ],
        cwd=ROOT,
        env={**others, **site},
        check=True,
        capture_output=True,
        text=True,
    )

    assert json.loads(told.stdout) == ["wal", FULL]
