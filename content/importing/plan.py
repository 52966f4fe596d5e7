"""What an import is going to do: every file read once, every address decided, before anything is written.

The plan depends on nothing but the folder, the mapping, and which pages have expired by now, so a run that resumes
another decides alike.
"""

from __future__ import annotations

import fnmatch
import hashlib
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from content.importing.addresses import clean_slug, default_date, default_slug, folder_of, is_index, normal_address
from content.importing.chapters import ChapterOrder, read_chapter_order
from content.importing.dates import DateUnreadable, SourceDate, parse_date
from content.importing.findings import Finding, What
from content.importing.frontmatter import parse_source
from content.importing.values import first_text, texts, value_at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from content.importing.mapping import FolderRule, Mapping, Taxonomy
    from content.importing.progress import Progress

IMPORTER_VERSION = "1"
"""Changed whenever the same file would become something else; then every file is looked at again."""
_HOLE = re.compile(r"\{([\w.-]+)\}")
SUFFIXES = (".md", ".markdown", ".mdown", ".mkd")
SNIPPETS = frozenset({"topic", "profile"})
MEDIA = frozenset({"image", "document"})
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".webp")
DOCUMENT_SUFFIXES = (
    ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".odt", ".ods", ".odp", ".csv", ".txt", ".rtf", ".zip",
    ".epub", ".ics", ".mp3", ".json", ".xml",
)  # fmt: skip


@dataclass(slots=True)
class Planned:
    """One source file and what it is to become.

    `kind` is a type of the mapping, or chapter, section or redirect. `address` is its place on the new site,
    `was` its places on the old one, and `aliases` what the source says should lead to it. `parent` is an address for
    pages right under a section, and `under` the source path of the page that a chapter stands below. `target` is
    where a redirect leads. `shown` says that readers may open it: neither hidden nor expired.
    """

    path: str
    kind: str
    rule: FolderRule | None
    front: dict[str, Any]
    slug: str
    title: str
    digest: str
    parent: str = ""
    under: str = ""
    address: str = ""
    was: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    target: str = ""
    shown: bool = True
    date: SourceDate | None = None
    expires: SourceDate | None = None
    hidden: bool = False
    words: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_invented(self) -> bool:
        """Whether no file stands behind it: an author or topic that pages name."""
        return self.rule is None and self.kind in SNIPPETS

    @property
    def is_page(self) -> bool:
        """Whether this becomes a page of its own."""
        return self.kind not in SNIPPETS | MEDIA and self.kind not in {"section", "redirect"}


@dataclass(slots=True)
class Plan:
    """All of an import: items in the order they are made, and the tables that links are looked up in."""

    items: list[Planned] = field(default_factory=list)
    by_path: dict[str, Planned] = field(default_factory=dict)
    by_name: dict[str, list[str]] = field(default_factory=dict)
    by_address: dict[str, str] = field(default_factory=dict)
    topics: dict[str, str] = field(default_factory=dict)
    authors: dict[str, str] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, Finding] = field(default_factory=dict)
    part_findings: dict[str, list[Finding]] = field(default_factory=dict)
    keys: Counter[str] = field(default_factory=Counter)
    files: int = 0


def read_plan(*, folder: Path, mapping: Mapping, progress: Progress, at: datetime) -> Plan:
    """Read the whole folder and decide what every file becomes; `at` says which pages have expired."""
    return _Planner(folder, mapping, at).plan(progress)


class _Planner:
    def __init__(self, root: Path, mapping: Mapping, at: datetime) -> None:
        self.root, self.mapping, self.at, self.made = root, mapping, at, Plan()
        self.groups: dict[str, list[Planned]] = {rule.folder: [] for rule in mapping.folders}
        self.used_keys = self._used_keys()

    def plan(self, progress: Progress) -> Plan:
        """Read, sort, and give addresses."""
        files = sorted(path for path in self.root.rglob("*") if path.is_file())
        self.made.files = len(files)
        with progress.stage("reading", len(files)) as stage:
            for path in files:
                self.file(path)
                stage.step()
        for rule in self.mapping.folders:
            items = self.groups[rule.folder]
            self.made.items += self.tree(rule, items) if rule.chapters or _is_guide(rule) else _by_date(items)
        self.names("profile", self.mapping.authors, self.made.authors)
        self.names("topic", self.mapping.topics, self.made.topics)
        self.made.items += [item for item in self.made.by_path.values() if item.kind in MEDIA]
        self.made.items.sort(key=lambda item: 0 if item.kind in SNIPPETS else 1 if item.kind == "section" else 2)
        self.give_addresses()
        return self.made

    def file(self, path: Path) -> None:
        """Decide what one file becomes."""
        name = path.relative_to(self.root).as_posix()
        if any(fnmatch.fnmatch(name, pattern) for pattern in self.mapping.ignored_files):
            self.made.left_out[name] = Finding(What.NOT_IMPORTED, "the mapping says to leave it out")
            return
        if self.media(path, name):
            return
        if path.suffix.lower() not in SUFFIXES:
            self.made.left_out[name] = Finding(What.NOT_IMPORTED, f"not Markdown ({path.suffix or 'no ending'})")
            return
        rule = next((rule for rule in self.mapping.folders if name.startswith(rule.folder + "/")), None)
        if rule is None:
            self.made.left_out[name] = Finding(What.NOT_IMPORTED, "the mapping says nothing about its folder")
            return
        data = path.read_bytes()
        digest = hashlib.sha256(b"\0".join((data, self.mapping.digest.encode(), IMPORTER_VERSION.encode()))).hexdigest()
        source = parse_source(data)
        front = source.front
        if not front and not source.body.strip():
            self.made.left_out[name] = Finding(What.NOT_IMPORTED, "empty")
            return
        self.made.keys.update(key for key in front if key not in self.used_keys)
        item = Planned(name, "", rule, front, "", "", digest, findings=source.findings, words=len(source.body.split()))
        item.date = self.date(item, self.mapping.key("date")) or self.date_in_name(name)
        item.expires = self.date(item, self.mapping.key("expiry"))
        item.hidden = any(condition.holds(front) for condition in self.mapping.hidden)
        item.shown = not item.hidden and (item.expires is None or item.expires.moment > self.at)
        self.name(item)
        self.decide(item, rule)
        self.groups[rule.folder].append(item)
        self.made.by_path[name] = item
        for known_as in {path.name, default_slug(name)}:
            self.made.by_name.setdefault(known_as, []).append(name)

    def media(self, path: Path, name: str) -> bool:
        """Plan an image or a document: one that lies in a folder of files, or an image beside what shows it."""
        suffix = path.suffix.lower()
        among_files = any(name.startswith(folder.strip("/") + "/") for folder in self.mapping.assets)
        beside = any(name.startswith(rule.folder + "/") for rule in self.mapping.folders)
        kind = "image" if suffix in IMAGE_SUFFIXES else "document" if suffix in DOCUMENT_SUFFIXES else ""
        if not kind or not (among_files or (beside and suffix != ".txt")):
            return False
        digest = hashlib.sha256(path.read_bytes() + IMPORTER_VERSION.encode()).hexdigest()
        title = path.stem.replace("-", " ").replace("_", " ").strip() or path.name
        self.made.by_path[name] = Planned(name, kind, None, {}, "", title, digest)
        self.made.by_name.setdefault(path.name, []).append(name)
        return True

    def decide(self, item: Planned, rule: FolderRule) -> None:
        """Say what an item becomes."""
        first = next(
            each for each in [*rule.types, None] if each is None or all(c.holds(item.front) for c in each.when)
        )
        item.target = first_text(item.front, self.mapping.key("redirect"))
        aliases = [alias for key in self.mapping.key("aliases") for alias in texts(item.front.get(key))]
        item.aliases = tuple(dict.fromkeys(filter(None, (self.old_address(item, alias) for alias in aliases))))
        if is_index(item.path) and folder_of(item.path) == str(_parent(rule.folder)):
            item.kind = "section"
            item.parent = item.address = rule.section or (rule.types[0].parent if rule.types else "")
            item.was = (f"/{rule.folder}/",)
        elif first is None:
            item.findings.append(Finding(What.NOT_IMPORTED, f"no rule for {rule.folder} fits it"))
            item.kind = "redirect"
        else:
            item.kind, item.parent = first.type, first.parent
            item.was = tuple(self.old_places(item, rule))
        if item.target:
            item.kind = "redirect"

    def old_address(self, item: Planned, alias: str) -> str:
        """An alias as an address; one without a slash before it stands beside its page."""
        alias = alias.strip()
        if not alias or alias.startswith("/") or "://" in alias:
            return alias
        return f"/{folder_of(item.path)}/{alias}"

    def old_places(self, item: Planned, rule: FolderRule) -> Iterable[str]:
        """Where the old site showed the page: the mapping's templates, filled."""
        values = {"slug": first_text(item.front, self.mapping.key("slug")) or default_slug(item.path)}
        values["folder"] = folder_of(item.path)
        if item.date:
            day = item.date.day
            values |= {"year": f"{day.year:04}", "month": f"{day.month:02}", "day": f"{day.day:02}"}
        for template in rule.was:
            try:
                yield template.format_map(values)
            except (KeyError, ValueError, IndexError):
                continue

    def date(self, item: Planned, keys: tuple[str, ...]) -> SourceDate | None:
        """The first of these keys that is a date; what cannot be read is a finding."""
        for key in keys:
            value = value_at(item.front, key)
            if value in (None, ""):
                continue
            try:
                return parse_date(value, zone=self.mapping.zone)
            except DateUnreadable as error:
                item.findings.append(Finding(What.DATE, f"{key}: {error}"))
        return None

    def date_in_name(self, name: str) -> SourceDate | None:
        """The date before a file's name, where its front matter has none."""
        try:
            return parse_date(default_date(name), zone=self.mapping.zone)
        except DateUnreadable:
            return None

    def name(self, item: Planned) -> None:
        """Give an item its slug and title, from its front matter or its file's name."""
        given = first_text(item.front, self.mapping.key("slug"))
        item.slug = clean_slug(given) or clean_slug(default_slug(item.path)) or "page"
        if given and item.slug != given.strip().strip("/"):
            item.findings.append(Finding(What.SLUG, f"{given!r} became {item.slug!r}"))
        names = item.rule.fields.get("name", ()) if item.rule else ()
        item.title = first_text(item.front, (*names, *self.mapping.key("title")))
        if not item.title:
            item.title = item.slug.replace("-", " ").capitalize()
            item.findings.append(Finding(What.FRONT_MATTER, f"no title; called {item.title!r}"))

    def tree(self, rule: FolderRule, items: list[Planned]) -> list[Planned]:
        """Guides and their chapters, each before those below it, in the order of the chapter files."""
        order = read_chapter_order(self.root, rule.chapters, self.made.by_path.keys())
        self.chapter_files(order)
        below: dict[str, list[Planned]] = defaultdict(list)
        for item in items:
            if item.kind not in {"section", "redirect"}:
                self.place(item, rule, order)
            below[item.under].append(item)

        def rank(item: Planned) -> tuple[int, int, str]:
            weight = first_text(item.front, self.mapping.key("order"))
            heavy = int(weight) if weight.isdigit() and int(weight) else len(items)
            # An index file's place in its own chapter file says nothing about its place among its siblings.
            place = -1 if is_index(item.path) else order.position.get(item.path, len(order.position))
            return (place, heavy, item.path)

        out: list[Planned] = []
        waiting = sorted(below[""], key=rank, reverse=True)
        while waiting:
            out.append(waiting.pop())
            waiting += sorted(below[out[-1].path], key=rank, reverse=True)
        reached = {item.path for item in out}
        for item in items:
            if item.path not in reached:
                item.findings.append(Finding(What.NOT_IMPORTED, "it stands below itself in the chapter order"))
                item.kind, item.under = "redirect", ""
                out.append(item)
        return out

    def place(self, item: Planned, rule: FolderRule, order: ChapterOrder) -> None:
        """Say whether an item is a guide, or a chapter and below what."""
        item.under = order.under.get(item.path) or self.above(item, rule)
        if item.under:
            item.kind, item.parent = "chapter", ""
            if item.path not in order.position and not is_index(item.path):
                item.findings.append(Finding(What.ORDER, "after the others, by its weight and name"))
        elif not is_index(item.path) and folder_of(item.path) != rule.folder:
            item.findings.append(Finding(What.NOT_IMPORTED, "its guide has no index file"))
            item.kind = "redirect"

    def above(self, item: Planned, rule: FolderRule) -> str:
        """The index file of the nearest folder above, within the rule's folder."""
        folder = folder_of(item.path)
        while folder.startswith(rule.folder + "/"):
            for name in ("_index.md", "index.md"):
                if f"{folder}/{name}" in self.made.by_path:
                    return f"{folder}/{name}"
            folder = str(_parent(folder))
        return ""

    def chapter_files(self, order: ChapterOrder) -> None:
        """A chapter file is part of the guide that it orders."""
        for name, paths in order.files.items():
            self.made.left_out.pop(name, None)
            self.made.part_findings[name] = order.findings[name]
            if paths:
                self.made.parts[name] = f"the chapter order of {paths[0]}"
            else:
                self.made.left_out[name] = Finding(What.NOT_IMPORTED, "a chapter order without a chapter")

    def names(self, kind: str, taxonomy: Taxonomy | None, table: dict[str, str]) -> None:
        """Learn every slug of the topics or people: their own, their files', and their aliases'."""
        if taxonomy is None:
            return
        known = [item for item in self.made.by_path.values() if item.kind == kind]
        for item in known:
            table.setdefault(item.slug, item.path)
            table.setdefault(clean_slug(default_slug(item.path)), item.path)
        for item in known:
            for address in item.aliases:
                table.setdefault(clean_slug(address), item.path)
        what = What.AUTHOR if kind == "profile" else What.TOPIC
        done = "made from its name" if taxonomy.create_unknown else "left out"
        unknown: dict[str, str] = {}
        for item in [each for each in self.made.by_path.values() if each.is_page]:
            for word in texts(item.front.get(taxonomy.key)):
                if (slug := clean_slug(word)) and slug not in table:
                    item.findings.append(Finding(what, f"{slug}: {done}"))
                    unknown[slug] = word
        if taxonomy.create_unknown:
            self.made.items += [self.invented(kind, slug, table) for slug in sorted(unknown)]

    def invented(self, kind: str, slug: str, table: dict[str, str]) -> Planned:
        """A topic or person that pages name and no file describes, so that a byline is not lost."""
        path = f"({kind})/{slug}"
        digest = hashlib.sha256(f"{path}\0{IMPORTER_VERSION}".encode()).hexdigest()
        made = Planned(path, kind, None, {}, slug, slug.replace("-", " ").title(), digest)
        self.made.by_path[path] = made
        table[slug] = path
        return made

    def give_addresses(self) -> None:
        """Give every page its address on the new site; the second of one name gets a number."""
        taken: dict[str, str] = {}
        prefix = {"topic": "/topics/", "profile": "/people/"}
        for item in self.made.items:
            if item.kind in {"section", "redirect"} | MEDIA:
                continue
            over = self.made.by_path[item.under].address if item.under else prefix.get(item.kind) or item.parent
            over = over if over.endswith("/") else over + "/"
            slug, number = item.slug, 1
            while f"{over}{slug}/" in taken:
                number += 1
                slug = f"{item.slug}-{number}"
            if slug != item.slug:
                other = taken[f"{over}{item.slug}/"]
                item.findings.append(
                    Finding(What.SLUG, f"{item.slug!r} is the address of {other} too; became {slug!r}")
                )
                item.slug = slug
            item.address = f"{over}{slug}/"
            taken[item.address] = item.path
        # What readers can open comes before what has expired: an alias may take an expired page's address over.
        snippets = [item for item in self.made.items if item.kind in SNIPPETS]
        shown = [item for item in self.made.items if item.shown and item.kind not in SNIPPETS]
        others = [item for item in self.made.items if not item.shown and item.kind not in SNIPPETS]
        for group in ([*snippets, *shown], others):
            for places in (lambda item: (item.address,), lambda item: item.was, lambda item: item.aliases):
                for item in group:
                    for address in filter(None, places(item)):
                        self.made.by_address.setdefault(normal_address(address), item.path)

    def _used_keys(self) -> set[str]:
        mapping = self.mapping
        names = {name for names in mapping.keys.values() for name in names} | mapping.ignored_keys
        names |= {condition.key for condition in mapping.hidden}
        names |= {taxonomy.key for taxonomy in (mapping.topics, mapping.authors) if taxonomy}
        for rule in mapping.folders:
            names |= {hole for fields in rule.fields.values() for name in fields for hole in _holes(name) or [name]}
            names |= {name for appended in rule.append for name in appended.needs}
            names |= {condition.key for each in rule.types for condition in each.when}
            names |= {hole for each in rule.append for text in each.values.values() for hole in _holes(text)}
        return {name.partition(".")[0] for name in names}


def _holes(template: str) -> list[str]:
    return _HOLE.findall(template)


def _is_guide(rule: FolderRule) -> bool:
    return any(each.type == "guide" for each in rule.types)


def _by_date(items: list[Planned]) -> list[Planned]:
    return sorted(items, key=lambda item: (item.date.moment.timestamp() if item.date else 0.0, item.path))


def _parent(folder: str) -> str:
    return folder.rpartition("/")[0] or "."
