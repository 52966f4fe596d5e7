"""Writes and compilations: the issue becomes a mail here, and learns here that it was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from newsletters.issues.compilation import BlockFault, IssueIncomplete, compile_with_marks
from newsletters.issues.edition import Edition, every_block

if TYPE_CHECKING:
    from datetime import datetime

    from newsletters.issues.compiled import CompiledIssue
    from newsletters.issues.models import IssuePage

__all__ = ["BlockFault", "IssueIncomplete", "compile_issue", "mark_issue_sent"]


def compile_issue(*, issue: IssuePage, at: datetime | None = None) -> CompiledIssue:
    """Compile an issue as it is in memory (a draft, a revision or the published page) once, for all recipients.

    `at` is the moment that decides which pages and vacancies are open; now when None.

    Raises:
        IssueIncomplete: the page is not below a newsletter.
        BlockFault: a block's template or content gives MJML that is none; an `MjmlError` with the blocks' ids.
    """
    return compile_with_marks(issue, at).compiled


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
