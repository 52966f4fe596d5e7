"""What the issue desk sees of delivery: sending an issue, and what became of its mailings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from newsletters.delivery.models import Mailing
from newsletters.delivery.selectors import mailing_counts
from newsletters.delivery.services import freeze_mailing
from newsletters.delivery.tasks import nudge_mailing
from newsletters.issues.compiled import Static
from newsletters.issues.registry import MailingSummary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from newsletters.issues.compiled import CompiledIssue
    from newsletters.issues.models import IssuePage


def send_issue(*, issue: IssuePage, compiled: CompiledIssue, at: datetime | None, by: Any) -> MailingSummary:
    """Freeze a mailing of an issue and have it sent at `at`, or at once when None.

    Raises:
        FreezeRefusedError: a `ValueError` with words for the editor.
    """
    del issue
    mailing = freeze_mailing(compiled=compiled, at=timezone.now(), scheduled_at=at, by=by)
    transaction.on_commit(lambda: nudge_mailing(mailing.pk))
    return summary_of(mailing)


def issue_mailings(*, issue: IssuePage) -> Sequence[MailingSummary]:
    """Return a line for each of an issue's mailings, newest first."""
    return [summary_of(mailing) for mailing in Mailing.objects.filter(issue_id=issue.pk)]


def check_counted_links(*, issue: IssuePage, compiled: CompiledIssue) -> Iterator[tuple[str, str, str]]:
    """Say in the preflight that links are counted, and how many; their targets are what its other checks look at."""
    newsletter = issue.newsletter_page
    if newsletter is None or not newsletter.count_links:
        return
    prefix = settings.SITE_URL + reverse("counted_link", args=["x"]).removesuffix("x/")
    counted = sum(part.text.count(f'href="{prefix}') for part in compiled.html if isinstance(part, Static))
    yield "ok", "Counted links", f"{counted} lead through this site and are counted; nobody's name is in them."


def summary_of(mailing: Mailing) -> MailingSummary:
    """Return a mailing in a line."""
    return MailingSummary(
        label=f"{mailing.title} → {mailing.list_name}",
        state=mailing.get_state_display(),
        figures=mailing_counts(mailing).as_figures(),
        url=reverse("delivery:mailing", args=[mailing.pk]),
    )
