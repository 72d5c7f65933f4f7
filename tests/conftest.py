"""What every test may lean on: a folder of its own for what the site keeps."""

from __future__ import annotations

import os
import tempfile

os.environ.setdefault("COUNTERFLOW_VAR", tempfile.mkdtemp(prefix="counterflow-tests-"))
