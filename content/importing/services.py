"""Importing: the plan is carried out, a batch a transaction, so that a killed run has lost at most one batch."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from wagtail.models import Page

from content.importing.addresses import clean_slug, normal_address
from content.importing.bodies import Body, convert_body
from content.importing.findings import Finding, What
from content.importing.frontmatter import read_source
from content.importing.links import PlanResolver
from content.importing.measures import Meter
from content.importing.models import ImportedItem
from content.importing.pages import (
    MODELS,
    CannotBecome,
    Draft,
    appended_values,
    draft_page,
    page_fingerprint,
    put_values,
)
from content.importing.plan import SNIPPETS, read_plan
from content.importing.progress import Progress
from content.importing.redirects import RedirectMaker
from content.importing.report import Entry, ImportReport
from content.importing.snippets import write_snippet
from content.pages.models import HomePage, SectionPage
from content.pages.services import set_up_site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from content.importing.mapping import Mapping
    from content.importing.plan import Plan, Planned
    from content.pages.models import BodyPage

PAGES_A_BATCH = 20
"""So that a transaction stays far under a second on SQLite, where it keeps every other writer waiting."""
SLUG_TRIES = 50


def import_folder(
    *, folder: Path, mapping: Mapping, dry_run: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Import a folder as the mapping says; what has not changed since the last run is not written again.

    A run that was killed is resumed by running it again, and ends like one that was not. A file that changed
    updates its page unless an editor has changed the page meanwhile: then the page stays, and the report says so.
    """
    return _Run(folder, mapping, progress or Progress(), dry_run=dry_run).run()


@dataclass(slots=True)
class _Work:
    """One item on its way into the database."""

    item: Planned
    body: Body | None = None
    object_id: int = 0
    fingerprint: str = ""
    state: str = ""
    findings: list[Finding] = field(default_factory=list)
    keep_digest: bool = False


class _Run:
    def __init__(self, folder: Path, mapping: Mapping, progress: Progress, *, dry_run: bool) -> None:
        self.folder, self.mapping, self.progress, self.dry_run = folder, mapping, progress, dry_run
        self.report = ImportReport(mapping.name, folder.name, dry_run=dry_run)
        self.meter = Meter()
        self.at = timezone.now()
        self.plan: Plan
        self.records: dict[str, ImportedItem] = {}
        self.page_ids: dict[str, int] = {}
        self.snippet_ids: dict[str, int] = {}
        self.topic_ids: dict[str, int] = {}
        self.author_ids: dict[str, int] = {}
        self.parents: dict[str, Page] = {}
        self.states: dict[str, str] = {}

    def run(self) -> ImportReport:
        with self.meter.running():
            self.plan = read_plan(folder=self.folder, mapping=self.mapping, progress=self.progress)
            if not self.dry_run:
                set_up_site()
            self.remember()
            self.snippets()
            self.sections()
            self.meter.begin_pages()
            self.pages()
            self.relink()
            redirects = RedirectMaker(
                plan=self.plan, mapping=self.mapping, page_ids=self.page_ids, findings=self.report.findings
            )
            redirects.run(self.progress, dry_run=self.dry_run)
            self.report.redirects_made, self.report.redirects_there = redirects.made, redirects.there
        self.tell()
        return self.report

    def remember(self) -> None:
        """Read what earlier runs did: one query."""
        for record in ImportedItem.objects.filter(source=self.mapping.name):
            self.records[record.path] = record
            if record.kind in MODELS or record.kind == "section":
                self.page_ids[record.path] = record.object_id
            elif record.kind in SNIPPETS:
                self.snippet_ids[record.path] = record.object_id
        # A page that an editor has deleted is not made again, and nothing links to it as a page.
        wanted = set(self.page_ids.values())
        there = set(Page.objects.values_list("pk", flat=True)) if wanted else set()
        self.page_ids = {path: pk for path, pk in self.page_ids.items() if pk in there}

    def is_done(self, item: Planned) -> bool:
        record = self.records.get(item.path)
        return record is not None and record.digest == self.digest(item) and _family(record.kind) == _family(item.kind)

    def digest(self, item: Planned) -> str:
        """An item's digest: its file, mapping and importer, and where a chapter stands."""
        if item.kind != "chapter":
            return item.digest
        return hashlib.sha256(f"{item.digest}\0{item.under}".encode()).hexdigest()

    # Topics, people, sections

    def snippets(self) -> None:
        """Write topics and people, then know every slug's primary key."""
        work = [item for item in self.plan.items if item.kind in SNIPPETS]
        todo = [item for item in work if not self.is_done(item)]
        with self.progress.stage("names", len(todo)) as stage:
            for chunk in _batches(todo, PAGES_A_BATCH):
                with self.batch() as done:
                    for item in chunk:
                        done.append(self.snippet(item))
                stage.step(len(chunk))
        for table, ids in ((self.plan.topics, self.topic_ids), (self.plan.authors, self.author_ids)):
            ids.update({slug: self.snippet_ids.get(path, 0) for slug, path in table.items()})
            for slug in [slug for slug, pk in ids.items() if not pk]:
                del ids[slug]

    def snippet(self, item: Planned) -> _Work:
        work = _Work(item)
        record = self.records.get(item.path)
        if self.dry_run:
            work.object_id, work.state = record.object_id if record else -1, "would be made"
        else:
            work.object_id, work.fingerprint, work.state = write_snippet(
                item=item, record=record, mapping=self.mapping, findings=work.findings
            )
        if work.object_id:
            self.snippet_ids[item.path] = work.object_id
        work.keep_digest = work.state in {"edited", "deleted"}
        return work

    def sections(self) -> None:
        """A folder's own index gives its words to a section that has none yet."""
        for item in self.plan.items:
            if item.kind != "section":
                continue
            if self.is_done(item):
                continue
            with self.batch() as done:
                work = _Work(item, state="made")
                page = self.parent_at(item.address, item) if item.address else None
                if page is not None:
                    work.object_id = page.pk
                    self.page_ids[item.path] = page.pk
                    specific: Any = page.specific
                    from content.importing.values import first_text

                    words = first_text(item.front, self.mapping.key("summary"))
                    if words and hasattr(specific, "summary") and not specific.summary and not self.dry_run:
                        specific.summary = words[:400]
                        specific.save()
                elif not self.dry_run:
                    work.findings.append(Finding(What.NOT_IMPORTED, "its folder has no section on this site"))
                done.append(work)

    def parent_at(self, address: str, item: Planned | None = None) -> Page | None:
        """The page at an address, made as a section where it is missing; None in a dry run where it is."""
        key = normal_address(address)
        if key not in self.parents:
            home = HomePage.objects.first()
            if home is None:
                return None
            page: Page = home
            walked = "/"
            for slug in [part for part in key.split("/") if part]:
                walked += f"{slug}/"
                child = page.get_children().filter(slug=slug).first()
                if child is None:
                    if self.dry_run:
                        return None
                    title = item.title if item and walked == key else slug.replace("-", " ").capitalize()
                    child = page.add_child(instance=SectionPage(title=title, slug=slug))
                page = child
            self.parents[key] = page
        return self.parents[key]

    # Pages

    def pages(self) -> None:
        """Write every page that is new or changed; links to pages not yet made are addresses until `relink`."""
        todo = []
        for item in self.plan.items:
            if not item.is_page:
                continue
            if self.is_done(item):
                known = item.path in self.page_ids
                self.states[item.path] = "unchanged" if known else "deleted since the import"
            else:
                todo.append(item)
        with self.progress.stage("pages", len(todo)) as stage:
            for chunk in _batches(todo, PAGES_A_BATCH):
                prepared = [(item, self.convert(item)) for item in chunk]
                with self.batch() as done:
                    done += [self.page(item, body) for item, body in prepared]
                self.meter.pages(len(chunk), sum(item.words for item in chunk))
                stage.step(len(chunk))

    def convert(self, item: Planned) -> Body:
        """Convert a file's body, with the links that can be made now."""
        source = read_source(self.folder / item.path)
        return convert_body(
            source.body,
            mapping=self.mapping,
            resolver=PlanResolver(item=item, plan=self.plan, mapping=self.mapping, page_ids=self.page_ids),
            first_line=source.first_line,
            before=appended_values(item, first=True),
            after=appended_values(item, first=False),
            seed=f"{self.mapping.name}/{item.path}",
        )

    def page(self, item: Planned, body: Body) -> _Work:
        """Make or change one page; whatever is wrong with it is a finding, and the rest goes on."""
        work = _Work(item, body)
        try:
            draft = self.draft(item, body)
        except CannotBecome as error:
            work.findings.append(Finding(What.NOT_IMPORTED, str(error)))
            work.state = "not imported"
            return work
        work.findings += draft.findings
        if self.dry_run:
            work.object_id, work.state = self.page_ids.setdefault(item.path, -1), "would be made"
            return work
        record = self.records.get(item.path)
        try:
            with transaction.atomic():
                if record is not None and record.object_id and record.kind in MODELS:
                    self.change(work, draft, record)
                else:
                    self.make(work, draft)
        except ValidationError as error:
            work.findings.append(Finding(What.NOT_IMPORTED, "; ".join(error.messages)))
            work.state = "not imported"
        if work.object_id:
            self.page_ids[item.path] = work.object_id
        return work

    def draft(self, item: Planned, body: Body) -> Draft:
        return draft_page(
            item,
            body.blocks,
            mapping=self.mapping,
            topic_ids=self.topic_ids,
            author_ids=self.author_ids,
            at=self.at,
        )

    def make(self, work: _Work, draft: Draft) -> None:
        """Add a page below its parent."""
        item = work.item
        parent = self.parent_of(item)
        if parent is None:
            raise ValidationError("the page it stands below was not imported")
        page = draft.model()
        put_values(page, draft)
        base = draft.values["slug"]
        for number in range(1, SLUG_TRIES):
            try:
                with transaction.atomic():
                    parent.add_child(instance=page)
                break
            except ValidationError as error:
                if "slug" not in getattr(error, "error_dict", {}) or number == SLUG_TRIES - 1:
                    raise
                # The number in memory was raised before the failure.
                parent = self.reload(parent, item)
                draft.values["slug"] = f"{base}-{number + 1}"
                page = draft.model()
                put_values(page, draft)
        if draft.values["slug"] != base:
            work.findings.append(Finding(What.SLUG, f"{base!r} is taken on this site; became {draft.values['slug']!r}"))
        revision = None
        if draft.scheduled_for is not None:
            revision = page.save_revision(approved_go_live_at=draft.scheduled_for, clean=False).pk
        work.object_id, work.state = page.pk, "made"
        work.fingerprint = draft.fingerprint(revision=revision)
        if item.kind in {"guide", "chapter"}:
            self.parents[item.path] = Page.objects.get(pk=page.pk)

    def change(self, work: _Work, draft: Draft, record: ImportedItem) -> None:
        """Bring a page up to its changed file, unless an editor has changed the page."""
        work.object_id, work.fingerprint = record.object_id, record.fingerprint
        page = MODELS[record.kind].objects.filter(pk=record.object_id).first()
        if page is None:
            work.findings.append(Finding(What.GONE, "the file has changed since"))
            work.object_id, work.state = 0, "deleted since the import"
            return
        work.keep_digest = True
        if type(page) is not draft.model:
            work.findings.append(Finding(What.CONFLICT, f"it would now be a {work.item.kind}, and is a {record.kind}"))
            work.state = "edited"
            return
        draft.values["slug"] = page.slug if page.slug.startswith(draft.values["slug"]) else draft.values["slug"]
        if page_fingerprint(page, draft) != record.fingerprint:
            work.findings.append(Finding(What.CONFLICT, "edited since the import"))
            work.state = "edited"
            return
        put_values(page, draft)
        page.save()
        work.keep_digest = False
        work.fingerprint, work.state = draft.fingerprint(revision=page.latest_revision_id), "changed"

    def parent_of(self, item: Planned) -> Page | None:
        """The page to add an item under; kept between pages, so that no page costs a walk."""
        if not item.under:
            return self.parent_at(item.parent)
        if item.under not in self.parents:
            pk = self.page_ids.get(item.under)
            page = Page.objects.filter(pk=pk).first() if pk else None
            if page is None:
                return None
            self.parents[item.under] = page
        return self.parents[item.under]

    def reload(self, parent: Page, item: Planned) -> Page:
        """A parent as the database has it."""
        fresh = Page.objects.get(pk=parent.pk)
        self.parents[item.under or normal_address(item.parent)] = fresh
        return fresh

    def relink(self) -> None:
        """Second pass: pages that link to pages made after them get their page links."""
        todo = [
            item
            for item in self.plan.items
            if item.is_page
            and (record := self.records.get(item.path)) is not None
            and item.path in self.page_ids
            and any(path in self.page_ids for path in record.waiting)
            and self.states.get(item.path) != "edited"
        ]
        if self.dry_run:
            return
        with self.progress.stage("links", len(todo)) as stage:
            for chunk in _batches(todo, PAGES_A_BATCH):
                prepared = [(item, self.convert(item)) for item in chunk]
                with self.batch() as done:
                    done += [work for item, body in prepared if (work := self.link(item, body)) is not None]
                stage.step(len(chunk))
        self.report.relinked = len(todo)

    def link(self, item: Planned, body: Body) -> _Work | None:
        """Write one page's body with its links."""
        record = self.records[item.path]
        draft = self.draft(item, body)
        page: BodyPage = MODELS[record.kind].objects.get(pk=record.object_id)
        draft.values["slug"] = page.slug
        work = _Work(item, body, record.object_id, record.fingerprint, self.states.get(item.path, ""))
        work.findings = [finding for finding in _findings(record) if finding.what in WRITTEN]
        if page_fingerprint(page, draft) != record.fingerprint:
            work.findings.append(Finding(What.CONFLICT, "edited before its links were made"))
            work.body = body
            return work
        page.body = json.dumps(body.blocks)
        page.save(clean=False, update_fields=["body"])
        work.fingerprint = draft.fingerprint(revision=page.latest_revision_id)
        return work

    # Batches and the report

    def batch(self) -> _Batch:
        return _Batch(self)

    def record(self, done: list[_Work]) -> None:
        """Write what became of a batch, in its own transaction: one statement."""
        rows = []
        for work in done:
            item = work.item
            self.states[item.path] = work.state or self.states.get(item.path, "")
            former = self.records.get(item.path)
            if self.dry_run:
                self.records[item.path] = self.row(work, former)
                continue
            if work.state == "not imported" and former is None:
                self.report.findings.setdefault(item.path, []).extend(work.findings)
                continue
            rows.append(self.row(work, former))
        if rows:
            ImportedItem.objects.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["source", "path"],
                update_fields=["digest", "kind", "object_id", "fingerprint", "waiting", "outcome", "imported_at"],
            )
            self.records.update({row.path: row for row in rows})

    def row(self, work: _Work, former: ImportedItem | None) -> ImportedItem:
        """The row that remembers an item."""
        keep = work.keep_digest and former is not None
        findings = [*(work.body.findings if work.body else []), *work.findings]
        return ImportedItem(
            source=self.mapping.name,
            path=work.item.path,
            digest=former.digest if keep and former else self.digest(work.item),
            kind=former.kind if keep and former else work.item.kind,
            object_id=work.object_id or (former.object_id if former else 0),
            fingerprint=work.fingerprint,
            waiting=work.body.waiting if work.body and not keep else [],
            outcome={
                "findings": [[finding.what.name, finding.message, finding.line] for finding in findings],
                "figures": work.body.figures if work.body else {},
            },
            imported_at=timezone.now(),
        )

    def tell(self) -> None:
        """Fill the report from what is remembered, so that it is complete whatever this run had left to do."""
        report, plan = self.report, self.plan
        for item in plan.items:
            record = self.records.get(item.path)
            findings = [*item.findings, *(_findings(record) if record else [])]
            state = self.states.get(item.path, "unchanged" if record else "")
            became = item.kind if item.kind != "redirect" or item.target else "nothing"
            if item.is_page and item.path not in self.page_ids:
                became = "nothing"
                if record is not None and state == "deleted since the import" and not _has(findings, What.GONE):
                    findings.append(Finding(What.GONE, "left so"))
            if not item.path.startswith("("):
                figures = record.outcome.get("figures") if record else None
                report.add(
                    Entry(item.path, became, item.address, self.page_ids.get(item.path, 0), state), findings, figures
                )
            elif findings:
                report.findings.setdefault(item.path, []).extend(findings)
        for path, words in plan.parts.items():
            report.add(Entry(path, "part", words), plan.part_findings.get(path, []))
        for path, finding in plan.left_out.items():
            report.add(Entry(path, "nothing"), [finding, *plan.part_findings.get(path, [])])
        for path in sorted(set(self.records) - {item.path for item in plan.items}):
            report.findings.setdefault(path, []).append(
                Finding(What.NOT_IMPORTED, "no longer in the folder; its page stays")
            )
        report.files = plan.files
        report.unnamed_keys = dict(plan.keys)
        report.thousands = self.meter.thousands
        report.seconds, report.cpu_seconds = self.meter.seconds, self.meter.cpu_seconds
        report.queries, report.writes = self.meter.queries, self.meter.writes


WRITTEN = frozenset({What.FIELD, What.SUMMARY_CUT, What.SLUG, What.HIDDEN, What.EXPIRED, What.FUTURE, What.DATE})
"""Findings of the page itself, which a second pass over its body does not find again."""


class _Batch:
    """One transaction: what is done in it and the rows that remember it are written together or not at all."""

    def __init__(self, run: _Run) -> None:
        self.run, self.done = run, []
        self.atomic = transaction.atomic() if not run.dry_run else None
        self.started = 0.0

    def __enter__(self) -> list[_Work]:
        self.started = time.monotonic()
        if self.atomic is not None:
            self.atomic.__enter__()
        return self.done

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if error is None:
            self.run.record(self.done)
        if self.atomic is not None:
            self.atomic.__exit__(kind, error, trace)
        self.run.report.worst_batch_seconds = max(self.run.report.worst_batch_seconds, time.monotonic() - self.started)


def _batches(items: list[Planned], size: int) -> Iterator[list[Planned]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _family(kind: str) -> str:
    """Kinds between which nothing has to be written again."""
    return "page" if kind in MODELS else kind


def _findings(record: ImportedItem) -> list[Finding]:
    return [Finding(What[name], message, line) for name, message, line in record.outcome.get("findings", [])]


def _has(findings: list[Finding], what: What) -> bool:
    return any(finding.what is what for finding in findings)
