"""Rules of the house that a machine can keep: run by `manage.py check`, so that they are met before a review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 (Django's name)

from courant.settings.parts.environment import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCE_ROOTS = ("site/courant", "content", "newsletters", "search")
NAMELESS = {"utils", "util", "helpers", "common", "misc", "shared", "lib"}
# Past 400 lines a module becomes a folder; the margin is for a file that is about to be split.
LONGEST_MODULE = 520


@register("architecture")
def check_layout(**_: Any) -> list[CheckMessage]:
    """Refuse a package that shadows the standard library and modules without a real name; warn of modules too long.

    `make check` fails on warnings; a site must still start with a long module in it.
    """
    if not (ROOT / "pyproject.toml").exists():
        return []  # installed from a wheel, where there is no layout to keep
    return list(_layout_faults())


def _layout_faults() -> Iterator[CheckMessage]:
    if (ROOT / "site" / "__init__.py").exists():
        yield Error(
            "site/ is a source root, never a package.",
            hint="Delete site/__init__.py: it shadows the standard library's `site`.",
            id="courant.E001",
        )
    for source in SOURCE_ROOTS:
        for path in (ROOT / source).rglob("*.py"):
            yield from _module_faults(path)


def _module_faults(path: Path) -> Iterator[CheckMessage]:
    name = path.relative_to(ROOT)
    if NAMELESS & {path.stem, path.parent.name}:
        yield Error(
            f"{name} has no real name.",
            hint="Code that fits no room shows that a name is missing; give the module the name of what is in it.",
            id="courant.E002",
        )
    if "migrations" not in path.parts:
        lines = path.read_bytes().count(b"\n")
        if lines > LONGEST_MODULE:
            yield Warning(
                f"{name} has {lines} lines.",
                hint="Past about 400 lines a module becomes a folder of the same name.",
                id="courant.W003",
            )
