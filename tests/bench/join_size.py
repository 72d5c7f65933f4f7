"""All JavaScript the customer page loads, gzipped, dynamic imports included."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any, TypeAlias

Manifest: TypeAlias = dict[str, dict[str, Any]]

DIST = Path(__file__).parents[2] / "static" / "dist"
ENTRY = "src/join/main.tsx"


def loaded(manifest: Manifest, key: str, seen: set[str]) -> None:
    chunk = manifest[key]
    if chunk["file"] in seen:
        return
    seen.add(chunk["file"])
    for other in (*chunk.get("imports", ()), *chunk.get("dynamicImports", ())):
        loaded(manifest, other, seen)


def manifest_of_join() -> Manifest:
    for path in sorted(DIST.rglob("manifest.json")):
        manifest: Manifest = json.loads(path.read_text())
        if ENTRY in manifest:
            return manifest
    raise SystemExit(f"{ENTRY} is in no manifest under {DIST}; run: make front")


def main() -> None:
    files: set[str] = set()
    loaded(manifest_of_join(), ENTRY, files)
    scripts = [one for one in files if one.endswith(".js")]
    size = sum(len(gzip.compress((DIST / one).read_bytes(), 9)) for one in scripts)
    print(
        json.dumps(
            {
                "name": "join.js_gzip",
                "value": round(size / 1000, 1),
                "unit": "kB",
                "against": f"{len(scripts)} files; React alone 69, Twilio Video SDK 97",
            }
        )
    )


if __name__ == "__main__":
    main()
