"""The order of a guide's chapters, as Hugo sites keep it: a YAML file a guide with `nav`, `path` and `subnav`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from content.importing.findings import Finding, What
from content.importing.frontmatter import PlainLoader, decode

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


@dataclass(slots=True)
class ChapterOrder:
    """Where chapters stand: `position` within their guide, and the chapter that they stand under, by source path."""

    position: dict[str, int] = field(default_factory=dict)
    under: dict[str, str] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)
    findings: dict[str, list[Finding]] = field(default_factory=dict)


def read_chapter_order(root: Path, folder: str, known: Collection[str]) -> ChapterOrder:
    """Read every YAML file in `folder`; `known` are the source paths that there are.

    A path may be given with or without `.md`, and may name a folder; one that is not there is a finding.
    """
    order = ChapterOrder()
    if not folder or not (root / folder).is_dir():
        return order
    for file in sorted([*(root / folder).rglob("*.yml"), *(root / folder).rglob("*.yaml")]):
        name = file.relative_to(root).as_posix()
        order.files[name], order.findings[name] = [], []
        try:
            read = yaml.load(decode(file.read_bytes(), order.findings[name]), Loader=PlainLoader)  # noqa: S506 (safe)
        except yaml.YAMLError as error:
            order.findings[name].append(Finding(What.FRONT_MATTER, f"not YAML: {getattr(error, 'problem', error)}"))
            continue
        entries = read.get("nav") if isinstance(read, dict) else None
        if not isinstance(entries, list):
            order.findings[name].append(Finding(What.FRONT_MATTER, "no list under `nav`"))
            continue
        _read_level(entries, "", name, order, known)
    return order


def _read_level(entries: list[Any], under: str, name: str, order: ChapterOrder, known: Collection[str]) -> None:
    for entry in entries:
        given = str(entry.get("path") or "") if isinstance(entry, dict) else ""
        path = source_path(given, known)
        if not path:
            order.findings[name].append(Finding(What.ORDER, f"names {given or entry!r}, which is not there"))
        elif path in order.position:
            order.findings[name].append(Finding(What.ORDER, f"names {path} again; the first place holds"))
        else:
            order.files[name].append(path)
            order.position[path] = len(order.position)
            if under:
                order.under[path] = under
        below = entry.get("subnav") if isinstance(entry, dict) else None
        if isinstance(below, list):
            _read_level(below, path or under, name, order, known)


def source_path(given: str, known: Collection[str]) -> str:
    """The source path that is meant by one with or without its ending; "" for none."""
    bare = given.strip().strip("/")
    candidates = (bare, f"{bare}.md", f"{bare}/_index.md", f"{bare}/index.md")
    return next((path for path in candidates if path in known), "")
