"""Reads the demo's files: Markdown with front matter for pages, YAML for lists of things.

A page's address is its place: `pages/blogs/a-chart-is-a-question.md` becomes `/blogs/a-chart-is-a-question/`, and a
page with others below it is the `index.md` of its folder.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from courant.demo.faults import ContentFault

CONTENT = Path(__file__).parent / "content"
_FRONT = re.compile(r"\A---\n(?P<front>.*?)^---\n(?P<body>.*)\Z", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(r"^```(?P<name>\w+)\n(?P<value>.*?)^```$", re.DOTALL | re.MULTILINE)
_SPLIT = re.compile(r"^## +(?P<heading>.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Chunk:
    """One block of a body: its name, its value as written, and how to name it in a fault ("block 4, quote")."""

    name: str
    value: Any
    entry: str


@dataclass(frozen=True, slots=True)
class PageFile:
    """One page as its author wrote it; `path` is its address, `order` its place among its neighbours."""

    file: Path
    path: str
    front: dict[str, Any] = field(hash=False)
    chunks: tuple[Chunk, ...] = ()

    @property
    def slug(self) -> str:
        """The last part of the address; "" for the home page."""
        return self.path.rstrip("/").rpartition("/")[2]

    @property
    def parent_path(self) -> str:
        """The address of the page above."""
        return self.path.rstrip("/").rpartition("/")[0] + "/"

    @property
    def place(self) -> tuple[int, int, str]:
        """Parents before children; then the `order` of the front matter; then the address."""
        return self.path.count("/"), int(self.front.get("order", 0)), self.path


def typeset(value: Any) -> Any:
    """Return `value` with typewriter apostrophes made typographic in every string of it, whatever its shape."""
    if isinstance(value, str):
        return value.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")
    if isinstance(value, list):
        return [typeset(item) for item in value]
    if isinstance(value, dict):
        return {key: typeset(item) for key, item in value.items()}
    return value


def read_yaml(file: Path) -> Any:
    """Return what a YAML file holds, typeset.

    Raises:
        ContentFault: the file is missing, is not UTF-8, or is not YAML; with the line.
    """
    return typeset(_yaml(_text(file), file, ""))


def read_entries(file: Path, *, key: str = "slug") -> list[dict[str, Any]]:
    """Return a YAML file's list of entries, each a mapping with a unique `key`.

    Raises:
        ContentFault: it is not such a list.
    """
    entries = read_yaml(file)
    if not isinstance(entries, list):
        raise ContentFault(file, "", "should be a list of entries, each beginning with “- ”")
    seen: set[str] = set()
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict) or not isinstance(entry.get(key), str):
            raise ContentFault(file, f"entry {number}", f"needs a {key}")
        if entry[key] in seen:
            raise ContentFault(file, entry[key], f"this {key} occurs twice")
        seen.add(entry[key])
    return entries


def read_pages(folder: Path = CONTENT / "pages") -> list[PageFile]:
    """Return all pages, parents before children.

    Raises:
        ContentFault: a file cannot be read, or a page's folder has no `index.md` and is no section of the site.
    """
    return sorted((read_page(file, folder) for file in folder.rglob("*.md")), key=lambda page: page.place)


def read_page(file: Path, folder: Path) -> PageFile:
    """Return one page.

    Raises:
        ContentFault: the front matter is missing or broken, or a block's value is not YAML.
    """
    found = _FRONT.match(_text(file))
    if found is None:
        raise ContentFault(file, "", "should begin with front matter between two lines of “---”")
    front = typeset(_yaml(found["front"], file, "front matter"))
    if not isinstance(front, dict):
        raise ContentFault(file, "front matter", "should be lines of “key: value”")
    parts = file.relative_to(folder).with_suffix("").parts
    parts = parts[:-1] if parts[-1] == "index" else parts
    return PageFile(file, "/" + "".join(f"{part}/" for part in parts), front, tuple(_chunks(found["body"], file)))


def _chunks(body: str, file: Path) -> list[Chunk]:
    chunks: list[Chunk] = []

    def add(name: str, value: Any) -> None:
        chunks.append(Chunk(name, value, f"block {len(chunks) + 1}, {name}"))

    def add_text(text: str) -> None:
        if "```" in text:
            raise ContentFault(
                file, f"after block {len(chunks)}", "a fence of ``` is not closed, or has no block's name"
            )
        pieces = _SPLIT.split(text)
        for number, piece in enumerate(pieces):
            if not piece.strip():
                continue
            if number % 2:
                add("heading", typeset({"text": piece.strip()}))
            else:
                add("text", typeset(piece.strip()))

    end = 0
    for found in _FENCE.finditer(body):
        add_text(body[end : found.start()])
        value = _yaml(found["value"], file, f"block {len(chunks) + 1}, {found['name']}")
        add(found["name"], value if found["name"] == "code" else typeset(value))
        end = found.end()
    add_text(body[end:])
    return chunks


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContentFault(file, "", f"cannot be read: {error}") from error


def _yaml(text: str, file: Path, entry: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1} of it" if mark else ""
        problem = getattr(error, "problem", None) or "unreadable"
        raise ContentFault(file, entry, f"is not YAML{where}: {problem}") from error
