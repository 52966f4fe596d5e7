"""Addresses: of the old site, of the new one, and how a name in the source becomes part of one."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from django.utils.text import slugify

SLUG_LENGTH = 200
_DATED = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})-(?=.)")
INDEX_NAMES = frozenset({"_index", "index"})


def normal_address(address: str) -> str:
    """An address as a key: its path alone, unquoted, in lower case, with one slash at both ends."""
    path = unquote(urlsplit(address.strip()).path).lower()
    parts = [part for part in path.split("/") if part]
    if parts and parts[-1] in {"index.html", "index.htm"}:
        parts.pop()
    return "/" + "".join(f"{part}/" for part in parts)


def default_slug(path: str) -> str:
    """The last part of a file's address: its name without a date before it, or its folder's name for an index."""
    pure = PurePosixPath(path)
    stem = pure.parent.name if pure.stem in INDEX_NAMES else pure.stem
    return _DATED.sub("", stem) or stem


def default_date(path: str) -> str:
    """The date before a file's name; "" for none."""
    found = _DATED.match(PurePosixPath(path).name)
    return found[1] if found else ""


def clean_slug(text: str) -> str:
    """What Wagtail and Django take as a slug, of a path its last part; "" when nothing is left."""
    name = text.strip().strip("/").rpartition("/")[2].removesuffix(".md").removesuffix(".html")
    return slugify(name.replace(".", "-"))[:SLUG_LENGTH].strip("-")


def is_index(path: str) -> bool:
    """Whether a file stands for its folder."""
    return PurePosixPath(path).stem in INDEX_NAMES


def folder_of(path: str) -> str:
    """The folder in whose address a file stands: an index stands in the folder above its own."""
    parent = PurePosixPath(path).parent
    return str(parent.parent if is_index(path) else parent)
