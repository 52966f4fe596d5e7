"""Reads: issues as editors last saved them, and the list of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletters.issues.models import IssuePage

if TYPE_CHECKING:
    from django.db.models import QuerySet


def issue_draft(issue: IssuePage) -> IssuePage:
    """The issue as it was last saved, published or not: what is checked and sent.

    The row of a page holds what is published; its latest revision is ahead of it while an editor works.
    """
    revision = issue.get_latest_revision()
    if revision is None:
        return issue
    draft: IssuePage = revision.as_object()
    draft.composed_revision_id = revision.pk
    return draft


def recent_issues() -> QuerySet[IssuePage]:
    """All issues, the one last worked on first."""
    return IssuePage.objects.order_by("-latest_revision_created_at", "-pk")
