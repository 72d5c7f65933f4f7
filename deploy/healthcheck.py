"""Exit 0 when the web process of this container answers; Docker and Kubernetes ask."""

from __future__ import annotations

import os
import sys
import urllib.request

LIMIT_S = 4


def main() -> int:
    """0 when it answers 200 under the first of its own names, else 1."""
    host = os.environ.get("COUNTERFLOW_ALLOWED_HOSTS", "localhost").split(",")[0].strip()
    port = sys.argv[1] if len(sys.argv) > 1 else "8000"
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/healthz", headers={"Host": host})
    try:
        with urllib.request.urlopen(asked, timeout=LIMIT_S):  # noqa: S310 - our own address
            return 0
    except OSError as error:
        sys.stdout.write(f"{type(error).__name__}: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
