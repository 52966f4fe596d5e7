"""Compiling an issue, with what preflight needs to say which block a fault is in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from content.organisation.models import Organisation
from newsletters.issues.compiled import BlockCost, CompiledIssue
from newsletters.issues.composing import Composition, compose_issue
from newsletters.issues.counting import count_links
from newsletters.issues.edition import Edition
from newsletters.mjml import Fault, MjmlError, compile_mjml

if TYPE_CHECKING:
    from datetime import datetime

    from newsletters.issues.models import IssuePage, NewsletterPage


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


@dataclass(frozen=True, slots=True)
class Compilation:
    """A compiled issue with what it was made of; `marked_html` has its markers, and links as editors wrote them."""

    issue: IssuePage
    newsletter: NewsletterPage
    edition: Edition
    composition: Composition
    marked_html: str
    compiled: CompiledIssue


def compile_with_marks(issue: IssuePage, at: datetime | None = None) -> Compilation:
    """Compile an issue as it is in memory (a draft, a revision or the published page).

    Raises:
        IssueIncomplete: the page is not below a newsletter.
        BlockFault: a block's template or content gives MJML that is none.
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
    html, text = mail.html, composition.text
    if newsletter.count_links and issue.pk:
        html, text = count_links(
            html, text, issue_number=issue.pk, archive_url=issue.canonical_url, is_marked=marks.pattern().search
        )
    compiled = CompiledIssue(
        issue_id=issue.pk or 0,
        newsletter_id=newsletter.pk,
        list_id=newsletter.mailing_list_id,
        sender_name=newsletter.sender_name or Organisation.load().name,
        sender_address=newsletter.sender_address,
        reply_to=newsletter.reply_to,
        archive_url=issue.canonical_url,
        subject=marks.cut(composition.subject),
        preheader=marks.cut(composition.preheader),
        html=marks.cut(html),
        text=marks.cut(text),
        warnings=tuple(str(left) for left in edition.left_out),
        blocks=_costs(issue, marks.block_sizes(html)),
        revision_id=issue.composed_revision_id,
    )
    return Compilation(issue, newsletter, edition, composition, mail.html, compiled)


def _costs(issue: IssuePage, sizes: dict[str, int]) -> tuple[BlockCost, ...]:
    return tuple(
        BlockCost(child.id, child.block_type, str(child.block.label), sizes.get(child.id, 0)) for child in issue.body
    )
