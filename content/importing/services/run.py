"""One run of an import: what is planned and not yet done is done, and everything is told."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from wagtail.models import Page

from content.importing.bodies import Body, convert_body
from content.importing.findings import Finding, What
from content.importing.frontmatter import read_source
from content.importing.links import PlanResolver
from content.importing.measures import Meter
from content.importing.media import write_media
from content.importing.models import ImportedItem
from content.importing.pages import MODELS, CannotBecome, Draft, appended_values, draft_page
from content.importing.plan import MEDIA, SNIPPETS, read_plan
from content.importing.redirects import RedirectMaker
from content.importing.report import Entry, ImportReport
from content.importing.services.work import Batch, Work, batches, findings_of, write_rows
from content.importing.services.writing import PageWriter
from content.importing.snippets import write_snippet
from content.importing.values import first_text
from content.pages.models.base import SUMMARY_LENGTH
from content.pages.services import set_up_site
from content.pages.text import cut_at_word

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from content.importing.mapping import Mapping
    from content.importing.plan import Plan, Planned
    from content.importing.progress import Progress

NOT_MADE = -1
"""Stands for the primary key of what a dry run would make."""
OF_THE_PAGE = frozenset(
    {What.FIELD, What.SUMMARY_CUT, What.SLUG, What.HIDDEN, What.EXPIRED, What.FUTURE, What.DATE, What.CONFLICT}
)
"""Findings of the page itself, which a second pass over its body does not find again."""


class Run:
    """Carries out a plan; every step skips what an earlier run has done."""

    def __init__(self, folder: Path, mapping: Mapping, progress: Progress, *, dry_run: bool) -> None:
        self.folder, self.mapping, self.progress, self.dry_run = folder, mapping, progress, dry_run
        self.report = ImportReport(mapping.name, folder.name, dry_run=dry_run)
        self.meter = Meter()
        self.at = timezone.now()
        self.plan: Plan
        self.records: dict[str, ImportedItem] = {}
        self.states: dict[str, str] = {}
        self.page_ids: dict[str, int] = {}
        self.snippet_ids: dict[str, int] = {}
        self.media_ids: dict[str, int] = {}
        self.topic_ids: dict[str, int] = {}
        self.author_ids: dict[str, int] = {}
        self.writer = PageWriter(page_ids=self.page_ids, dry_run=dry_run)

    def report_of_it(self) -> ImportReport:
        """Run, and tell."""
        with self.meter.running():
            self.plan = read_plan(folder=self.folder, mapping=self.mapping, progress=self.progress, at=self.at)
            if not self.dry_run:
                set_up_site()
            self.remember()
            self.write_snippets()
            self.write_media()
            self.write_sections()
            self.meter.begin_pages()
            self.write_pages()
            self.meter.close()
            self.link_pages()
            self.write_redirects()
        self.tell()
        return self.report

    def remember(self) -> None:
        """Read what earlier runs did; a page that was deleted since is neither made again nor linked to."""
        self.records = {record.path: record for record in ImportedItem.objects.filter(source=self.mapping.name)}
        pages = {
            path: record.object_id
            for path, record in self.records.items()
            if record.kind in MODELS or record.kind == "section"
        }
        there = set(Page.objects.values_list("pk", flat=True)) if pages else set()
        self.page_ids.update({path: primary_key for path, primary_key in pages.items() if primary_key in there})
        self.snippet_ids = {path: each.object_id for path, each in self.records.items() if each.kind in SNIPPETS}
        self.media_ids = {path: each.object_id for path, each in self.records.items() if each.kind in MEDIA}

    def is_done(self, item: Planned) -> bool:
        """Whether an earlier run has written this item as it is now."""
        record = self.records.get(item.path)
        return record is not None and record.digest == self.digest(item)

    def digest(self, item: Planned) -> str:
        """An item's digest: its file, the mapping, the importer; what it becomes, and of a chapter, below what."""
        return hashlib.sha256(f"{item.digest}\0{item.kind}\0{item.under}".encode()).hexdigest()

    # Topics, people, sections

    def write_snippets(self) -> None:
        """Write topics and people, then know every slug's primary key."""
        todo = [item for item in self.plan.items if item.kind in SNIPPETS and not self.is_done(item)]
        with self.progress.stage("names", len(todo)) as stage:
            for chunk in batches(todo):
                with self.batch() as done:
                    done += [self.snippet(item) for item in chunk]
                stage.step(len(chunk))
        for table, ids in ((self.plan.topics, self.topic_ids), (self.plan.authors, self.author_ids)):
            ids.update({slug: self.snippet_ids[path] for slug, path in table.items() if self.snippet_ids.get(path)})

    def snippet(self, item: Planned) -> Work:
        """Write one topic or person."""
        work = Work(item, object_id=NOT_MADE, state="would be made")
        if not self.dry_run:
            work.object_id, work.fingerprint, work.state = write_snippet(
                item=item, record=self.records.get(item.path), mapping=self.mapping, findings=work.findings
            )
        work.keep_digest = work.state == "edited"
        self.snippet_ids[item.path] = work.object_id
        return work

    def write_media(self) -> None:
        """Write images and documents, each in its own transaction: making an image's sizes takes its time."""
        todo = [item for item in self.plan.items if item.kind in MEDIA and not self.is_done(item)]
        with self.progress.stage("files", len(todo)) as stage:
            for item in todo:
                with self.batch() as done:
                    work = Work(item, object_id=NOT_MADE, state="would be made")
                    if not self.dry_run:
                        work.object_id, work.state = write_media(
                            item=item,
                            record=self.records.get(item.path),
                            path=self.folder / item.path,
                            findings=work.findings,
                        )
                    if work.object_id:
                        self.media_ids[item.path] = work.object_id
                    done.append(work)
                stage.step()

    def write_sections(self) -> None:
        """A folder's own index gives its words to a section that has none yet."""
        for item in self.plan.items:
            if item.kind != "section":
                continue
            page = self.writer.section_at(item.address, item.title) if item.address else None
            if page is not None or (item.address and self.dry_run):
                self.page_ids[item.path] = page.pk if page else NOT_MADE
            if self.is_done(item):
                continue
            with self.batch() as done:
                work = Work(item, object_id=page.pk if page else 0, state="would be made" if self.dry_run else "made")
                if page is not None and not self.dry_run:
                    self.give_words(page.specific, item)
                elif page is None and not self.dry_run:
                    work.findings.append(Finding(What.NOT_IMPORTED, "its folder has no section on this site"))
                done.append(work)

    def give_words(self, page: Any, item: Planned) -> None:
        """Fill a section's summary where it is empty."""
        words = first_text(item.front, self.mapping.key("summary"))
        if words and not getattr(page, "summary", "-"):
            page.summary = cut_at_word(words, SUMMARY_LENGTH)
            page.save()

    # Pages

    def write_pages(self) -> None:
        """Write every page that is new or changed; links to pages not yet made are addresses until `link_pages`.

        Bodies are converted before the transaction, which then only writes.
        """
        todo = []
        for item in self.plan.items:
            if item.is_page and not self.is_done(item):
                todo.append(item)
            elif item.is_page and item.path not in self.page_ids:
                self.states[item.path] = "deleted since the import"
        with self.progress.stage("pages", len(todo)) as stage:
            for chunk in batches(todo):
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
            resolver=PlanResolver(
                item=item,
                plan=self.plan,
                mapping=self.mapping,
                page_ids=self.page_ids,
                media_ids=self.media_ids,
            ),
            first_line=source.first_line,
            before=appended_values(item, first=True),
            after=appended_values(item, first=False),
            seed=f"{self.mapping.name}/{item.path}",
            title=item.title,
        )

    def draft(self, item: Planned, body: Body) -> Draft:
        """Decide a page's fields."""
        return draft_page(
            item, body.blocks, mapping=self.mapping, topic_ids=self.topic_ids, author_ids=self.author_ids, at=self.at
        )

    def page(self, item: Planned, body: Body) -> Work:
        """Make or change one page; whatever is wrong with it is a finding, and the rest goes on."""
        work = Work(item, body)
        record = self.records.get(item.path)
        try:
            draft = self.draft(item, body)
            if self.dry_run:
                work.object_id, work.state = self.page_ids.get(item.path, NOT_MADE), "would be made"
            elif record is not None and record.kind in MODELS and record.object_id:
                with transaction.atomic():
                    self.writer.change(work, draft, record)
            else:
                self.writer.make(work, draft)
            work.findings += draft.findings
        except (CannotBecome, ValidationError) as error:
            words = "; ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            work.findings.append(Finding(What.NOT_IMPORTED, words))
            work.object_id, work.state = 0, "not imported"
        if work.object_id:
            self.page_ids[item.path] = work.object_id
        return work

    def link_pages(self) -> None:
        """Second pass: pages that link to pages made after them get their page links."""
        todo = [] if self.dry_run else list(self.waiting())
        with self.progress.stage("links", len(todo)) as stage:
            for chunk in batches(todo):
                prepared = [(item, self.convert(item)) for item in chunk]
                with self.batch() as done:
                    done += [self.linked(item, body) for item, body in prepared]
                stage.step(len(chunk))
        self.report.relinked = len(todo)

    def waiting(self) -> Iterator[Planned]:
        """Pages with a link to a page that was not there when they were written, and is now."""
        for item in self.plan.items:
            record = self.records.get(item.path)
            if record is None or item.path not in self.page_ids or self.states.get(item.path) == "edited":
                continue
            if record.kind in MODELS and any(path in self.page_ids for path in record.waiting):
                yield item

    def linked(self, item: Planned, body: Body) -> Work:
        """Write one page's links."""
        record = self.records[item.path]
        work = Work(item, body, state=self.states.get(item.path, ""))
        work.findings = [finding for finding in findings_of(record) if finding.what in OF_THE_PAGE]
        self.writer.link(work, self.draft(item, body), record)
        return work

    def write_redirects(self) -> None:
        """Make the redirects that are missing."""
        maker = RedirectMaker(
            plan=self.plan, mapping=self.mapping, page_ids=self.page_ids, findings=self.report.findings
        )
        maker.run(self.progress, dry_run=self.dry_run)
        self.report.redirects_made, self.report.redirects_there = maker.made, maker.there

    # Remembering and telling

    @contextmanager
    def batch(self) -> Iterator[list[Work]]:
        """A transaction for one batch; what is put in the list is remembered with it."""
        batch = Batch(self.record, dry_run=self.dry_run)
        with batch as done:
            yield done
        self.report.longest_transaction = max(self.report.longest_transaction, batch.seconds)

    def record(self, done: list[Work]) -> None:
        """Remember what became of a batch, in its transaction; a file that became nothing is looked at again."""
        rows = []
        for work in done:
            path = work.item.path
            self.states[path] = work.state
            former = self.records.get(path)
            row = work.row(source=self.mapping.name, digest=self.digest(work.item), former=former)
            if work.state != "not imported":
                rows.append(row)
            self.records[path] = row
        if rows and not self.dry_run:
            write_rows(rows)

    def tell(self) -> None:
        """Fill the report from what is remembered, so that it is complete whatever this run had left to do."""
        report, plan = self.report, self.plan
        for item in plan.items:
            record = self.records.get(item.path)
            findings = [*item.findings, *findings_of(record)]
            state = self.states.get(item.path, "unchanged" if record else "")
            became = "nothing" if item.kind == "redirect" and not item.target else item.kind
            if item.kind in MEDIA and not self.media_ids.get(item.path):
                became = "nothing"
            if (item.is_page or item.kind == "section") and item.path not in self.page_ids:
                became = "nothing"
                if state == "deleted since the import" and all(each.what is not What.GONE for each in findings):
                    findings.append(Finding(What.GONE, "left so"))
            figures = record.outcome.get("figures") if record else None
            entry = Entry(item.path, became, item.address, self.page_ids.get(item.path, 0), state)
            report.add(entry, findings, figures, is_file=not item.is_invented)
        for path, words in plan.parts.items():
            report.add(Entry(path, "part", words), plan.part_findings.get(path, []))
        for path, finding in plan.left_out.items():
            report.add(Entry(path, "nothing"), [finding, *plan.part_findings.get(path, [])])
        for path in sorted(self.records.keys() - {item.path for item in plan.items}):
            report.findings.setdefault(path, []).append(Finding(What.GONE, "no longer in the folder; its page stays"))
        report.files, report.unnamed_keys = plan.files, dict(plan.keys)
        report.take_costs(self.meter)
