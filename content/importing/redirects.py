"""Old addresses that go on working: one redirect row each, to the page where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from wagtail.contrib.redirects.models import Redirect

from content.importing.addresses import normal_address
from content.importing.findings import Finding, What
from content.importing.links import PlanResolver
from content.importing.plan import SNIPPETS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Table

    from content.importing.mapping import Mapping
    from content.importing.plan import Plan, Planned
    from content.importing.progress import Progress

BATCH = 200
LENGTH = 255


class RedirectMaker:
    """Makes the redirects that a plan asks for; rows that are there are left as they are."""

    def __init__(
        self, *, plan: Plan, mapping: Mapping, page_ids: Table[str, int], findings: dict[str, list[Finding]]
    ) -> None:
        self.plan, self.mapping, self.page_ids, self.findings = plan, mapping, page_ids, findings
        self.made = self.there = 0

    def run(self, progress: Progress, *, dry_run: bool = False) -> None:
        """Write what is missing, a batch a transaction.

        Rows are written in bulk, without Wagtail's index of references: a redirect goes with its page anyway.
        """
        rows = Redirect.objects.filter(site=None).values_list("old_path", "redirect_page_id", "redirect_link")
        there = {old: (page, link) for old, page, link in rows}
        wanted: dict[str, Redirect] = {}
        for old, item, row in self.wanted():
            if old in wanted:
                continue
            wanted[old] = row
            if old not in there:
                continue
            self.there += 1
            if there[old] != (row.redirect_page_id, row.redirect_link):
                self.tell(item, f"{old} leads elsewhere already; left as it is")
        missing = [row for old, row in wanted.items() if old not in there]
        self.made = len(missing)
        if dry_run:
            return
        with progress.stage("redirects", len(missing)) as stage:
            for start in range(0, len(missing), BATCH):
                with transaction.atomic():
                    Redirect.objects.bulk_create(missing[start : start + BATCH])
                stage.step(len(missing[start : start + BATCH]))

    def wanted(self) -> Iterator[tuple[str, Planned, Redirect]]:
        """Every old address, with the row it needs."""
        for item in self.plan.items:
            places = dict.fromkeys([*item.was, *item.aliases])
            page, link = self.leads_to(item)
            if places and page is None and not link:
                if item.kind == "redirect" and item.target:
                    self.tell(item, f"{item.target}: leads nowhere")
                continue
            for address in places:
                key = normal_address(address)
                owner = self.plan.by_address.get(key)
                if owner != item.path:
                    if address in item.aliases:
                        self.tell(item, f"{address} is the address of {owner}")
                    continue
                if key == normal_address(item.address):
                    continue
                old = Redirect.normalise_path(address)
                if len(old) > LENGTH or len(link) > LENGTH:
                    self.tell(item, f"{address}: longer than {LENGTH} characters")
                    continue
                yield old, item, Redirect(old_path=old, redirect_page_id=page, redirect_link=link)

    def leads_to(self, item: Planned) -> tuple[int | None, str]:
        """The page's primary key, or an address."""
        if item.kind == "redirect":
            resolver = PlanResolver(item=item, plan=self.plan, mapping=self.mapping, page_ids=self.page_ids)
            link = resolver.resolve(item.target, code=False) if item.target else None
            return (link.page, "" if link.page else link.href) if link else (None, "")
        if item.kind in SNIPPETS:
            return None, item.address
        return self.page_ids.get(item.path), ""

    def tell(self, item: Planned, message: str) -> None:
        """Add a line to the report."""
        self.findings.setdefault(item.path, []).append(Finding(What.REDIRECT, message))
