"""`make bench-search`: rebuild against Wagtail's own backend, queries against the raw client, publish to findable."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from benchmarks.search.ground import ROOT, Ground, say

SMALL = 10_000


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench-search")
    options = parser.parse_args()
    with Ground(options.folder.resolve()) as ground:
        prepare_generated(ground, options.pages)
    print(json.dumps({"pages": options.pages}))


def prepare_generated(ground: Ground, pages: int) -> None:
    """Have the generated pages: as many as wanted, and a smaller database of the first of them."""
    if "generated" not in ground.databases():
        ground.create_database("generated")
    ground.manage("generated", "migrate", "-v0")
    if "small" not in ground.databases():
        ground.measure("generated", "generate", min(SMALL, pages))
        ground.create_database("small", like="generated")
    found = ground.measure("generated", "generate", pages)
    say(f"{found['pages']:,} generated pages")


if __name__ == "__main__":
    main()
