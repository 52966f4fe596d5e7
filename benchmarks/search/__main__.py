"""`make bench-search`: rebuild against Wagtail's own backend, queries against the raw client, publish to findable.

What takes minutes to make lies in `var/bench-search` and is used again: imported pages, 50,000 generated ones, and a
database of the first 10,000 of these. Every reference is measured in the same run on the same server, taking turns with
ours. The last line is JSON with every figure and every ratio; a ratio is the median of the rounds' own ratios.
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

from benchmarks.search.ground import ROOT, Ground, say

SMALL = 10_000
PARTS = ("rebuild", "large", "queries", "publish", "lists")
REFERENCE = {"BENCHMARK_REFERENCE": "1"}


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=50_000, help="how many pages are generated")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--large-rounds", type=int, default=1, help="rounds of the rebuild of all generated pages")
    parser.add_argument("--content", type=Path, default=ROOT.parent / "shared" / "content" / "digitalgov")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench-search", help="where data are kept")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--prepare", action="store_true", help="only make the databases")
    options = parser.parse_args()
    with Ground(options.folder.resolve()) as ground:
        databases = prepare(ground, options)
        if options.prepare:
            return
        figures = measure(ground, databases, options)
    if "rebuild_small" in figures and "rebuild_generated" in figures:
        figures["streaming_memory_growth_mb"] = round(
            figures["rebuild_generated"]["ours_streaming_mb"] - figures["rebuild_small"]["ours_streaming_mb"], 1
        )
    show(figures)
    print(json.dumps(figures))


def measure(ground: Ground, databases: list[str], options: argparse.Namespace) -> dict[str, Any]:
    """Measure every part that is wanted."""
    figures: dict[str, Any] = {}
    if "rebuild" in options.only:
        # Not counted: Java compiles what it runs often, for both alike.
        for which, environment in (("ours", {}), ("reference", REFERENCE)):
            ground.measure(databases[0], "rebuild", which, **environment)
        for database in databases:
            figures[f"rebuild_{database}"] = rebuilds(ground, database, options.rounds)
    if "large" in options.only:
        figures["rebuild_generated"] = rebuilds(ground, "generated", options.large_rounds, stages=False)
    if "queries" in options.only:
        for database in databases:
            if "rebuild" not in options.only:  # else its index is there
                ground.measure(database, "rebuild", "ours")
            figures[f"queries_{database}"] = ground.measure(database, "queries", "--rounds", options.rounds)
            say(f"queries on {database}: {figures[f'queries_{database}']}")
    if "lists" in options.only:
        figures |= lists(ground)
    if "publish" in options.only:
        figures["publish"] = ground.measure("generated", "publishing")
        say(f"publish to findable: {figures['publish']}")
    return figures


def prepare(ground: Ground, options: argparse.Namespace) -> list[str]:
    """Have the databases; returns the names of those that every round is run on."""
    for name, pages in (("small", min(SMALL, options.pages)), ("generated", options.pages)):
        if name not in ground.databases():
            ground.create_database(name, like="small" if name == "generated" else "template1")
        ground.manage(name, "migrate", "-v0")
        found = ground.measure(name, "generate", pages)
        say(f"{name}: {found['pages']:,} pages")
    if not options.content.is_dir():
        say(f"{options.content} is not there: imported pages are left out")
        return ["small"]
    if "imported" not in ground.databases():
        ground.create_database("imported")
    ground.manage("imported", "migrate", "-v0")
    found = ground.measure("imported", "imported", options.content)
    say(f"imported: {found['pages']:,} pages")
    return ["imported", "small"]


def rebuilds(ground: Ground, database: str, rounds: int, *, stages: bool = True) -> dict[str, Any]:
    """Rebuild ours and the reference in turns, then ours once more with stopwatches."""
    ours: list[dict[str, Any]] = []
    reference: list[dict[str, Any]] = []
    for number in range(rounds):
        steps = [(ours, "ours", {}), (reference, "reference", REFERENCE)]
        for kept, which, environment in steps if number % 2 else reversed(steps):
            kept.append(ground.measure(database, "rebuild", which, **environment))
            say(f"{database}, round {number + 1}, {which}: {speed(kept[-1]):,.0f} documents a second")
    ratios = [speed(one) / speed(other) for one, other in zip(ours, reference, strict=True)]
    watched = ground.measure(database, "rebuild", "ours", "--stages") if stages else {"stages": {}}
    return {
        "documents": ours[-1]["documents"],
        "reference_documents": reference[-1]["documents"],
        "rounds": rounds,
        "ours_a_second": round(statistics.median(map(speed, ours)), 1),
        "reference_a_second": round(statistics.median(map(speed, reference)), 1),
        "ratio_to_modelsearch": round(statistics.median(ratios), 2),
        "ratio_to_modelsearch_spread": [round(min(ratios), 2), round(max(ratios), 2)],
        **{f"ours_{name}": statistics.median(each[name] for each in ours) for name in ours[0] if name.endswith("_mb")},
        **{
            f"{name}_{which}_ms_a_document": round(
                statistics.median(each[which] * 1000 / each["documents"] for each in kept), 2
            )
            for name, kept in (("ours", ours), ("reference", reference))
            for which in ("client_cpu", "server_cpu")
        },
        "reference_whole_mb": statistics.median(each["whole_mb"] for each in reference),
        "stages_seconds": watched["stages"],
    }


def speed(measured: dict[str, Any]) -> float:
    """Return documents a second."""
    return float(measured["documents"] / measured["seconds"])


def lists(ground: Ground) -> dict[str, Any]:
    """Measure learning, then the lists of new pages on both engines."""
    found: dict[str, Any] = {"fit": ground.measure("generated", "lists", "fit")}
    say(f"learning what belongs together: {found['fit']}")
    for name, environment in (("elasticsearch", {}), ("embedded", {"ELASTICSEARCH_URL": ""})):
        found[f"lists_{name}"] = ground.measure("generated", "lists", "new-pages", **environment)
        say(f"lists of a new page: {found[f'lists_{name}']}")
    return found


def show(figures: dict[str, Any]) -> None:
    """Print a table for people; the line of JSON follows."""
    for part, values in figures.items():
        if not isinstance(values, dict):
            print(f"{part:44} {values}")
            continue
        print(part)
        for name, value in values.items():
            if isinstance(value, dict):
                whole = sum(seconds for stage, seconds in value.items() if stage[0] != "(") or 1
                print(f"  {name}")
                for stage, seconds in value.items():
                    print(f"    {stage:40} {seconds:8.2f} s {100 * seconds / whole:5.1f} %")
            else:
                print(f"  {name:42} {value}")


if __name__ == "__main__":
    main()
