"""Pages written: made below their parent, changed when nobody has edited them, linked in the second pass."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from wagtail.models import Page, ReferenceIndex
from wagtail.signal_handlers import disable_reference_index_auto_update

from content.importing.addresses import normal_address
from content.importing.findings import Finding, What
from content.importing.pages import MODELS, Draft, page_fingerprint, put_values
from content.pages.models import HomePage, SectionPage

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as Table
    from typing import Any

    from content.importing.models import ImportedItem
    from content.importing.plan import Planned
    from content.importing.services.work import Work
    from content.pages.models import BodyPage

SLUG_TRIES = 50


class PageWriter:
    """Writes pages, and keeps the parents between them, so that no page costs a walk through the tree."""

    def __init__(self, *, page_ids: Table[str, int], dry_run: bool) -> None:
        self.page_ids, self.dry_run = page_ids, dry_run
        self.parents: dict[str, Page] = {}

    def section_at(self, address: str, title: str = "") -> Page | None:
        """The page at an address, made as a section where it is missing; None in a dry run where it is."""
        key = normal_address(address)
        if key not in self.parents:
            page: Page | None = HomePage.objects.first()
            walked = "/"
            for slug in [part for part in key.split("/") if part]:
                if page is None:
                    return None
                walked += f"{slug}/"
                child = page.get_children().filter(slug=slug).first()
                if child is None and not self.dry_run:
                    words = title if title and walked == key else slug.replace("-", " ").capitalize()
                    child = page.add_child(instance=SectionPage(title=words, slug=slug))
                page = child
            if page is None:
                return None
            self.parents[key] = page
        return self.parents[key]

    def parent_of(self, item: Planned) -> Page | None:
        """The page to add an item under."""
        if not item.under:
            return self.section_at(item.parent)
        if item.under not in self.parents:
            primary_key = self.page_ids.get(item.under)
            page = Page.objects.filter(pk=primary_key).first() if primary_key else None
            if page is None:
                return None
            self.parents[item.under] = page
        return self.parents[item.under]

    def make(self, work: Work, draft: Draft) -> None:
        """Add a page below its parent; where its slug is taken, under the next that is free.

        Raises:
            ValidationError: its parent was not imported, or a value does not fit.
        """
        item, base = work.item, draft.values["slug"]
        for number in range(1, SLUG_TRIES):
            parent = self.parent_of(item)
            if parent is None:
                raise ValidationError("the page it stands below was not imported")
            page = draft.model()
            put_values(page, draft)
            try:
                with transaction.atomic():
                    work.fingerprint = self.saved(page, draft, lambda: parent.add_child(instance=page))  # noqa: B023 (called at once)
                break
            except ValidationError as error:
                # The parent in memory has counted a child that it did not get.
                self.parents.pop(item.under or normal_address(item.parent), None)
                if "slug" not in getattr(error, "error_dict", {}) or number == SLUG_TRIES - 1:
                    raise
                draft.values["slug"] = f"{base}-{number + 1}"
        if draft.values["slug"] != base:
            work.findings.append(Finding(What.SLUG, f"{base!r} is taken on this site; became {draft.values['slug']!r}"))
        work.object_id, work.state = page.pk, "made"

    def change(self, work: Work, draft: Draft, record: ImportedItem) -> None:
        """Bring a page up to its changed file, unless an editor has changed or deleted the page."""
        work.object_id, work.fingerprint = record.object_id, record.fingerprint
        page = MODELS[record.kind].objects.filter(pk=record.object_id).first()
        if page is None:
            work.findings.append(Finding(What.GONE, "the file has changed since"))
            work.object_id, work.state = 0, "deleted since the import"
            return
        work.keep_digest, work.state = True, "edited"
        if type(page) is not draft.model:
            work.findings.append(Finding(What.CONFLICT, f"would now become {work.item.kind}, and is {record.kind}"))
            return
        if page.slug.startswith(draft.values["slug"]):
            draft.values["slug"] = page.slug
        if page_fingerprint(page, draft) != record.fingerprint:
            work.findings.append(Finding(What.CONFLICT, "edited since the import"))
            return
        put_values(page, draft)
        work.fingerprint = self.saved(page, draft, page.save)
        work.keep_digest, work.state = False, "changed"

    def link(self, work: Work, draft: Draft, record: ImportedItem) -> None:
        """Write a page's body again, now that the pages it links to are there."""
        page: BodyPage = MODELS[record.kind].objects.get(pk=record.object_id)
        draft.values["slug"] = page.slug
        work.object_id, work.fingerprint = page.pk, record.fingerprint
        if page_fingerprint(page, draft) != record.fingerprint:
            work.findings.append(Finding(What.CONFLICT, "edited before its links were made"))
            return
        page.body = json.dumps(draft.values["body"])
        work.fingerprint = self.saved(page, draft, lambda: page.save(clean=False, update_fields=["body"]))

    def saved(self, page: BodyPage, draft: Draft, save: Callable[[], Any]) -> str:
        """Save a page and index its references once, not once more for every topic and author; its fingerprint."""
        with disable_reference_index_auto_update():
            save()
            if draft.scheduled_for is not None and page.latest_revision_id is None:
                page.save_revision(approved_go_live_at=draft.scheduled_for, clean=False)
        fingerprint = draft.fingerprint(page)
        ReferenceIndex.create_or_update_for_object(page)
        return fingerprint
