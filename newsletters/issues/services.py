"""Writes and compilations: the issue becomes a mail here, and learns here that it was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from content.organisation.models import Organisation
from newsletters.issues.compiled import BlockCost, CompiledIssue
from newsletters.issues.composing import Composition, compose_issue
from newsletters.issues.edition import Edition, every_block
from newsletters.mjml import Fault, MjmlError, compile_mjml

if TYPE_CHECKING:
    from datetime import datetime

    from newsletters.issues.models import IssuePage


class IssueIncomplete(ValueError):  # noqa: N818 (named like the other refusals of DESIGN §9)
    """The issue cannot be compiled at all; the message says what to do."""


class BlockFault(MjmlError):  # noqa: N818 (as above)
    """A block or the frame gave MJML that is none; `blocks` names the block of each fault, "" for the frame."""

    def __init__(self, error: MjmlError, composition: Composition) -> None:
        super().__init__(list(error.faults))
        self.blocks = tuple(composition.marks.block_at_line(composition.mjml, fault.line) for fault in self.faults)

    @property
    def by_block(self) -> list[tuple[str, Fault]]:
        """Each fault with its block's id."""
        return list(zip(self.blocks, self.faults, strict=True))


def compile_issue(*, issue: IssuePage, at: datetime | None = None) -> CompiledIssue:
    """Compile an issue as it is in memory (a draft, a revision or the published page) once, for all recipients.

    `at` is the moment that decides which pages and vacancies are open; now when None.

    Raises:
        IssueIncomplete: the page is not below a newsletter.
        MjmlError: a block's template or content gives MJML that is none (as `BlockFault`).
    """
    newsletter = issue.newsletter_page
    if newsletter is None:
        raise IssueIncomplete("An issue stands below a newsletter; move the page there.")
    edition = Edition.of_issue(issue, at or timezone.now())
    composition = compose_issue(issue, newsletter, edition)
    try:
        mail = compile_mjml(composition.mjml)
    except MjmlError as error:
        raise BlockFault(error, composition) from error
    marks = composition.marks
    return CompiledIssue(
        issue_id=issue.pk or 0,
        newsletter_id=newsletter.pk,
        list_id=newsletter.mailing_list_id,
        sender_name=newsletter.sender_name or Organisation.load().name,
        sender_address=newsletter.sender_address,
        reply_to=newsletter.reply_to,
        archive_url=issue.canonical_url,
        subject=marks.cut(composition.subject),
        preheader=marks.cut(composition.preheader),
        html=marks.cut(mail.html),
        text=marks.cut(composition.text),
        warnings=(*mail.warnings, *(f"page {left.page_id} {left.reason}" for left in edition.left_out)),
        blocks=_costs(issue, marks.block_sizes(mail.html)),
    )


def mark_issue_sent(*, issue: IssuePage, compiled: CompiledIssue, at: datetime) -> None:
    """Publish the issue as it was frozen, so that the archive shows what went out; `delivery` calls it at the start.

    Which vacancies "all that are open" were is kept, because the archive should not change with time. Calling it
    twice is harmless: the first moment stays.
    """
    if issue.sent_at is None:
        issue.sent_at = at
        issue.sent_hash = compiled.content_hash
        edition = Edition.of_issue(issue, at)
        issue.sent_vacancies = {
            child.id: [page.pk for page in edition.vacancies(child.value, child.id)]
            for child in every_block(issue.body)
            if child.block_type == "vacancies"
        }
        if issue.published_on is None:
            issue.published_on = timezone.localdate(at)
    issue.save_revision().publish()


def _costs(issue: IssuePage, sizes: dict[str, int]) -> tuple[BlockCost, ...]:
    return tuple(
        BlockCost(child.id, child.block_type, str(child.block.label), sizes.get(child.id, 0)) for child in issue.body
    )
