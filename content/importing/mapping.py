"""The mapping file: which folder is which type of page, which key is which field, which shortcode is which block.

Every fault names the line and the key, because the person who writes a mapping knows the site, not this program.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from content.importing.frontmatter import PlainLoader

if TYPE_CHECKING:
    from collections.abc import Iterable

SHIPPED = Path(__file__).parent / "mappings"
FIELDS: dict[str, tuple[str, ...]] = {
    "blog": (),
    "news": (),
    "report": ("isbn",),
    "feature": (),
    "newsletter-blog": (),
    "standard": (),
    "event": ("starts_at", "ends_at", "venue", "online_url", "registration_url", "price"),
    "group": ("members", "meets", "contact_email", "join_url"),
    "story": (),
    "guide": (),
    "topic": ("name", "parent"),
    "profile": ("name", "role", "affiliation", "biography", "website"),
}
"""What a source can become, and the fields it has beyond those that every page has."""
PAGE_FIELDS = ("title", "summary", "date", "edition")
CODE_KINDS: dict[str, tuple[str, ...]] = {
    "page-link": ("to",),
    "file-link": ("file", "label", "base"),
    "link": ("url", "label"),
    "callout": ("tone", "tones", "title", "text", "url", "button"),
    "accordion": ("title",),
    "quote": ("text", "name", "role"),
    "button": ("text", "url"),
    "embed": ("url", "title"),
    "image": ("src", "alt", "caption", "base"),
    "further-reading": ("to", "title"),
    "list": (),
    "item": (),
    "table": ("columns", "caption"),
    "row": (),
    "cell": (),
    "emphasis": (),
    "text": (),
    "nothing": ("because",),
}
"""What a shortcode can become, and the options of each."""


class MappingError(ValueError):
    """The mapping cannot be used; the message says which line and what to write instead."""


class Marked(dict[str, Any]):
    """A mapping node that remembers the lines of its keys."""

    line: int = 0
    lines: dict[str, int]


class _MarkedLoader(PlainLoader):
    """Keeps the line of every key and refuses a key given twice."""


def _marked(loader: Any, node: yaml.MappingNode) -> Marked:
    loader.flatten_mapping(node)
    made = Marked()
    made.line, made.lines = node.start_mark.line + 1, {}
    for key_node, value_node in node.value:
        key = str(loader.construct_object(key_node, deep=True))
        line = key_node.start_mark.line + 1
        if key in made:
            raise MappingError(f"line {line}: {key!r} is given twice; the first is in line {made.lines[key]}")
        made[key] = loader.construct_object(value_node, deep=True)
        made.lines[key] = line
    return made


_MarkedLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _marked)


@dataclass(frozen=True, slots=True)
class Condition:
    """A question about front matter: is `key` there (with something in it), and does it equal `equals`."""

    key: str
    equals: Any = None
    exact: bool = False

    def holds(self, front: dict[str, Any]) -> bool:
        """Whether the front matter answers yes; text is compared as text, so `"0"` equals `0`."""
        value = front.get(self.key)
        if self.exact:
            return self.key in front and str(value).strip().lower() == str(self.equals).strip().lower()
        return value not in (None, "", [], {}, False)


@dataclass(frozen=True, slots=True)
class TypeRule:
    """One alternative of what a file becomes: the first whose conditions all hold."""

    type: str
    parent: str
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Appended:
    """A block made from front matter and put after (or before) the body, when every key it needs is there."""

    block: str
    needs: tuple[str, ...]
    values: dict[str, str]
    first: bool = False


@dataclass(frozen=True, slots=True)
class FolderRule:
    """What a folder of the source becomes."""

    folder: str
    types: tuple[TypeRule, ...]
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    was: tuple[str, ...] = ()
    append: tuple[Appended, ...] = ()
    chapters: str = ""
    section: str = ""


@dataclass(frozen=True, slots=True)
class CodeRule:
    """What a shortcode becomes; `options` are names of its values, or words."""

    kind: str
    options: dict[str, Any] = field(default_factory=dict)

    def keys(self, option: str, *default: str | int) -> tuple[str | int, ...]:
        """The names or positions under which the shortcode gives this option's value."""
        given = self.options.get(option)
        if given is None:
            return default
        return tuple(given) if isinstance(given, list) else (given,)


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """A front matter key that lists slugs; `unknown` says what to do with one that has no file."""

    key: str
    create_unknown: bool


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping that has been read and found whole; `digest` changes with every byte of it."""

    name: str
    digest: str
    zone: ZoneInfo
    folders: tuple[FolderRule, ...]
    hosts: frozenset[str] = frozenset()
    origin: str = ""
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    hidden: tuple[Condition, ...] = ()
    topics: Taxonomy | None = None
    authors: Taxonomy | None = None
    shortcodes: dict[str, CodeRule] = field(default_factory=dict)
    assets: tuple[str, ...] = ()
    ignored_keys: frozenset[str] = frozenset()
    ignored_files: tuple[str, ...] = ()

    def key(self, name: str) -> tuple[str, ...]:
        """The front matter keys that give `name` (slug, expiry, aliases, redirect, title, …)."""
        return self.keys.get(name, ())


def load_mapping(name_or_path: str) -> Mapping:
    """Read a mapping from a file, or by the name of one that is shipped.

    Raises:
        MappingError: no such mapping, or one with a fault; the message says where and what to do.
    """
    path = Path(name_or_path)
    if not path.is_file():
        shipped = SHIPPED / f"{name_or_path}.yaml"
        if not shipped.is_file():
            names = ", ".join(sorted(file.stem for file in SHIPPED.glob("*.yaml")))
            raise MappingError(
                f"{name_or_path}: no such file, and no mapping of that name is shipped (there is: {names})"
            )
        path = shipped
    try:
        return parse_mapping(path.read_bytes())
    except MappingError as error:
        raise MappingError(f"{path.name}, {error}") from None


def parse_mapping(data: bytes) -> Mapping:
    """Read a mapping from the bytes of its file.

    Raises:
        MappingError: with the line and the key at fault.
    """
    try:
        read = yaml.load(data, Loader=_MarkedLoader)  # noqa: S506 (a safe loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise MappingError(f"{where}not YAML: {getattr(error, 'problem', error)}") from None
    if not isinstance(read, Marked):
        raise MappingError("line 1: a mapping consists of keys; it begins with `name:`")
    return _Reader(read, hashlib.sha256(data).hexdigest()).mapping()


_TOP = (
    "name", "time_zone", "hosts", "origin", "keys", "hidden", "topics", "authors", "folders", "shortcodes", "assets",
    "ignored_keys", "ignored_files",
)  # fmt: skip
_KEYS = ("title", "summary", "date", "edition", "slug", "expiry", "aliases", "redirect", "order")


class _Reader:
    """Turns marked YAML into a `Mapping`, one method a part."""

    def __init__(self, top: Marked, digest: str) -> None:
        self.top, self.digest = top, digest

    def mapping(self) -> Mapping:
        top = self.top
        _only(top, _TOP, "a mapping")
        zone_name = _text(top, "time_zone", "UTC")
        try:
            zone = ZoneInfo(zone_name)
        except (ZoneInfoNotFoundError, ValueError):
            raise _fault(top, "time_zone", f"{zone_name!r} is no time zone; write one like Europe/London") from None
        keys = _section(top, "keys")
        _only(keys, _KEYS, "`keys`")
        folders = _list(top, "folders")
        if not folders:
            raise _fault(top, "folders", "name at least one folder and what it becomes")
        return Mapping(
            name=_text(top, "name") or _required(top, "name"),
            digest=self.digest,
            zone=zone,
            folders=tuple(self.folder(_marked_item(top, "folders", entry)) for entry in folders),
            hosts=frozenset(str(host).lower() for host in _list(top, "hosts")),
            origin=_text(top, "origin").rstrip("/"),
            keys={key: _names(keys, key) for key in keys},
            hidden=tuple(_condition(_marked_item(top, "hidden", entry)) for entry in _list(top, "hidden")),
            topics=self.taxonomy("topics"),
            authors=self.taxonomy("authors"),
            shortcodes=self.shortcodes(),
            assets=tuple(str(entry) for entry in _list(top, "assets")),
            ignored_keys=frozenset(str(entry) for entry in _list(top, "ignored_keys")),
            ignored_files=tuple(str(entry) for entry in _list(top, "ignored_files")),
        )

    def taxonomy(self, name: str) -> Taxonomy | None:
        entry = _section(self.top, name)
        if not entry:
            return None
        _only(entry, ("key", "unknown"), f"`{name}`")
        unknown = _one_of(entry, "unknown", ("create", "report"), "report")
        return Taxonomy(_text(entry, "key") or _required(entry, "key"), unknown == "create")

    def folder(self, entry: Marked) -> FolderRule:
        _only(entry, ("folder", "becomes", "parent", "fields", "was", "append", "chapters", "section"), "a folder")
        folder = _text(entry, "folder").strip("/") or _required(entry, "folder")
        types = tuple(self.types(entry))
        fields = _section(entry, "fields")
        allowed = {*PAGE_FIELDS, *(name for rule in types for name in FIELDS[rule.type])}
        _only(fields, sorted(allowed), f"`fields` of {folder}")
        return FolderRule(
            folder=folder,
            types=types,
            fields={name: _names(fields, name) for name in fields},
            was=_names(entry, "was"),
            append=tuple(self.appended(_marked_item(entry, "append", each)) for each in _list(entry, "append")),
            chapters=_text(entry, "chapters").strip("/"),
            section=_text(entry, "section"),
        )

    def types(self, entry: Marked) -> Iterable[TypeRule]:
        becomes = entry.get("becomes")
        if isinstance(becomes, str):
            yield TypeRule(_one_of(entry, "becomes", tuple(FIELDS)), _text(entry, "parent"))
            return
        rules = _list(entry, "becomes")
        if not rules:
            raise _fault(entry, "becomes", f"write one of {', '.join(FIELDS)}, or a list of `type:` with `when:`")
        for given in rules:
            rule = _marked_item(entry, "becomes", given)
            _only(rule, ("type", "parent", "when"), "`becomes`")
            when = rule.get("when")
            conditions = when if isinstance(when, list) else [when] if when is not None else []
            yield TypeRule(
                _one_of(rule, "type", tuple(FIELDS)) or _required(rule, "type"),
                _text(rule, "parent") or _text(entry, "parent"),
                tuple(_condition(_marked_item(rule, "when", each)) for each in conditions),
            )

    def appended(self, entry: Marked) -> Appended:
        _only(entry, ("block", "needs", "first", "url", "title", "text", "html"), "`append`")
        block = _one_of(entry, "block", ("embed", "button", "text"))
        values = {key: _text(entry, key) for key in ("url", "title", "text", "html") if key in entry}
        return Appended(block, _names(entry, "needs"), values, first=entry.get("first") is True)

    def shortcodes(self) -> dict[str, CodeRule]:
        given = _section(self.top, "shortcodes")
        rules = {}
        for name, value in given.items():
            if isinstance(value, str):
                kind, options = value, Marked()
                options.lines, options.line = {}, given.lines[name]
            else:
                options = _marked_item(given, name, value)
                kind = _text(options, "becomes") or _required(options, "becomes")
            if kind not in CODE_KINDS:
                raise _fault(given, name, f"{kind!r} is nothing a shortcode can become{_meant(kind, CODE_KINDS)}")
            _only(options, ("becomes", *CODE_KINDS[kind]), f"shortcode {name}")
            rules[name] = CodeRule(kind, {key: value for key, value in options.items() if key != "becomes"})
        return rules


def _condition(entry: Marked) -> Condition:
    _only(entry, ("key", "is"), "a condition")
    return Condition(_text(entry, "key") or _required(entry, "key"), entry.get("is"), "is" in entry)


def _fault(node: Marked, key: str, message: str) -> MappingError:
    return MappingError(f"line {node.lines.get(key, node.line)}: {key}: {message}")


def _required(node: Marked, key: str) -> Any:
    raise _fault(node, key, "is missing")


def _meant(word: str, known: Iterable[str]) -> str:
    known = list(known)
    close = get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there is: {', '.join(known)}"


def _only(node: Marked, known: Iterable[str], where: str) -> None:
    known = list(known)
    for key in node:
        if key not in known:
            raise _fault(node, key, f"is not known in {where}{_meant(key, known)}")


def _section(node: Marked, key: str) -> Marked:
    value = node.get(key)
    if value is None:
        empty = Marked()
        empty.lines, empty.line = {}, node.lines.get(key, node.line)
        return empty
    return _marked_item(node, key, value)


def _marked_item(node: Marked, key: str, value: Any) -> Marked:
    if not isinstance(value, Marked):
        raise _fault(node, key, f"{value!r} should be keys with values")
    return value


def _list(node: Marked, key: str) -> list[Any]:
    value = node.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise _fault(node, key, "should be a list, each entry with a dash before it")
    return value


def _text(node: Marked, key: str, default: str = "") -> str:
    value = node.get(key)
    if value is None:
        return default
    if isinstance(value, (list, dict)):
        raise _fault(node, key, "should be one word or text")
    return str(value)


def _names(node: Marked, key: str) -> tuple[str, ...]:
    value = node.get(key)
    if value is None:
        return ()
    values = value if isinstance(value, list) else [value]
    if any(isinstance(each, (list, dict)) or each is None for each in values):
        raise _fault(node, key, "should be a name, or a list of names")
    return tuple(str(each) for each in values)


def _one_of(node: Marked, key: str, known: tuple[str, ...], default: str = "") -> str:
    value = _text(node, key, default)
    if value not in known:
        if key not in node:
            _required(node, key)
        raise _fault(node, key, f"{value!r} is not possible{_meant(value, known)}")
    return value
