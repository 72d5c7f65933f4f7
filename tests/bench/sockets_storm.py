"""Five hundred people lose their line in one moment and come back as browsers do."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench import sockets_site

CLIENTS = 500


def main() -> None:
    with sockets_site.folder() as folder:
        from tests.runtime import crowd  # noqa: PLC0415 - needs Django
        from tests.runtime.storm import storm  # noqa: PLC0415 - needs Django

        pairs = crowd.pairs(CLIENTS // 2)
        with sockets_site.web(folder) as web:
            after = asyncio.run(storm(web, pairs))
    back = sorted(after.returned_s)
    told = ", ".join(f"{code}: {count}" for code, count in sorted(after.codes.items()))
    against = (
        f"{CLIENTS} clients, median {back[len(back) // 2]:.2f} s, last {back[-1]:.2f} s; "
        f"missed {after.missed}, duplicated {after.duplicated}; "
        f"web process {after.spent_s:.1f} s of CPU; lines by code {told}"
    )
    p95 = round(back[int(len(back) * 0.95)], 2)
    row = {"name": "sockets.storm_resume_p95", "value": p95, "unit": "s", "against": against}
    print(json.dumps(row))


if __name__ == "__main__":
    main()
