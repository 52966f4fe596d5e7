"""Values of front matter: found by a dotted key, and made into plain text."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

_MARKUP = re.compile(r"<[^>]+>")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1|(?<![\w*])(\*|_)(?=\S)([^*_]+?)(?<=\S)\3(?![\w*])|`([^`]+)`")
_HOLE = re.compile(r"\{([\w.-]+)\}")


def value_at(front: dict[str, Any], key: str) -> Any:
    """The value at a dotted key (`venue.city`, `community_list.0.members`); None where the way ends early."""
    value: Any = front
    for part in key.split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def plain(text: str) -> str:
    """One line of plain text: entities decoded, tags and Markdown's marks taken away."""
    text = _LINK.sub(r"\1", _MARKUP.sub("", unescape(text)))
    text = _EMPHASIS.sub(lambda found: found[2] or found[4] or found[5] or "", text)
    return re.sub(r"\s+", " ", text).strip()


def first_text(front: dict[str, Any], keys: tuple[str, ...]) -> str:
    """The first of these keys that has words in it, as plain text.

    A key with holes (`{community_list.0.members} members`) is a template, used when all its holes have words.
    """
    for key in keys:
        if "{" in key:
            if all(first_text(front, (hole,)) for hole in _HOLE.findall(key)):
                return filled(key, front)
            continue
        value = value_at(front, key)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool) and (text := plain(str(value))):
            return text
    return ""


def all_texts(front: dict[str, Any], keys: tuple[str, ...]) -> list[str]:
    """The words of all these keys, each once."""
    return list(dict.fromkeys(text for key in keys if (text := first_text(front, (key,)))))


def texts(value: Any) -> list[str]:
    """A list of words, from a list, from one word, or from nothing."""
    values = value if isinstance(value, list) else [value]
    return [str(each).strip() for each in values if isinstance(each, (str, int)) and str(each).strip()]


def filled(template: str, front: dict[str, Any]) -> str:
    """A template with the front matter's values in its holes, as plain text."""
    return _HOLE.sub(lambda hole: first_text(front, (hole[1],)), template)
