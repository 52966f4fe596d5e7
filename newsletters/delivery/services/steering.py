"""Steering: what an operator may do to a mailing at any moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from newsletters.delivery.ledger import ledger_of
from newsletters.delivery.models import Mailing
from newsletters.delivery.selectors import complaint_count, mailing_counts, unknown_recipients
from newsletters.delivery.states import ForbiddenMoveError, MailingState, check_move
from newsletters.issues.services import mark_issue_sent

if TYPE_CHECKING:
    from collections.abc import Iterable

log = structlog.get_logger(__name__)


def start_mailing(*, mailing: Mailing) -> Mailing:
    """Let a frozen mailing go out now, or one that missed its time.

    The issue is published as sent before the first mail leaves, so that the link to its web version works.

    Raises:
        ForbiddenMoveError: it is not frozen.
    """
    check_move(mailing.state, MailingState.SENDING)
    if mailing.issue is not None:
        mark_issue_sent(issue=mailing.issue, compiled=mailing.compiled, at=timezone.now())
    return _move(mailing, MailingState.SENDING, started_at=Now())


def pause_mailing(*, mailing: Mailing, reason: str = "") -> Mailing:
    """Stop sending: within a second no further message goes out, and those on the way are waited for.

    Raises:
        ForbiddenMoveError: it is not sending.
    """
    return _move(mailing, MailingState.PAUSED, trouble=reason)


def resume_mailing(*, mailing: Mailing) -> Mailing:
    """Send to the rest. What made it pause is excused: it pauses again only over what happens from now on.

    Raises:
        ForbiddenMoveError: it is not paused.
    """
    counts = mailing_counts(mailing)
    excused = {"settled": counts.settled, "rejected": counts.rejected, "complaints": complaint_count(mailing)}
    return _move(
        mailing, MailingState.SENDING, trouble="", trouble_since=None, not_before=None, deaths=0, excused=excused
    )


def cancel_mailing(*, mailing: Mailing) -> Mailing:
    """End a mailing for good. The ledger goes on saying exactly who got it and who did not.

    Raises:
        ForbiddenMoveError: it is over already.
    """
    return _move(mailing, MailingState.CANCELLED, finished_at=Now())


def resend_unknown(*, mailing: Mailing, numbers: Iterable[int] | None = None) -> int:
    """Send again to recipients whose outcome is unknown (all, or these), with the same Message-ID.

    Some of them will get it twice: only a person may decide that. Returns how many will be sent; recipients in a
    chunk that a sender holds this moment are left out, and the caller may ask again.

    Raises:
        ForbiddenMoveError: the mailing was cancelled.
    """
    with transaction.atomic():
        mailing = Mailing.objects.select_for_update().get(pk=mailing.pk)
        if mailing.state not in (MailingState.SENDING, MailingState.PAUSED):
            check_move(mailing.state, MailingState.SENDING)
        if mailing.summary:
            raise ForbiddenMoveError("The mailing has been over for so long that addresses were removed from it.")
        moved = ledger_of(mailing).resend(_numbers(mailing, numbers))
        if moved and mailing.state == MailingState.FINISHED:
            Mailing.objects.filter(pk=mailing.pk).update(state=MailingState.SENDING, finished_at=None)
    log.info("unknown recipients sent again", mailing=mailing.pk, recipients=moved)
    _nudge(mailing)
    return moved


def close_unknown(*, mailing: Mailing, numbers: Iterable[int] | None = None) -> int:
    """Settle that unknown recipients (all, or these) are left as they are; returns how many there were."""
    closed = ledger_of(mailing).close_unknown(_numbers(mailing, numbers))
    log.info("unknown recipients closed", mailing=mailing.pk, recipients=closed)
    return closed


def _numbers(mailing: Mailing, numbers: Iterable[int] | None) -> list[int]:
    if numbers is not None:
        return sorted(set(numbers))
    return list(unknown_recipients(mailing).values_list("number", flat=True))


def _move(mailing: Mailing, state: MailingState, **changes: Any) -> Mailing:
    with transaction.atomic():
        mailing = Mailing.objects.select_for_update().get(pk=mailing.pk)
        check_move(mailing.state, state)
        Mailing.objects.filter(pk=mailing.pk).update(state=state, **changes)
        if state != MailingState.SENDING:
            ledger_of(mailing).stop_senders()
    mailing.refresh_from_db()
    log.info("mailing moved", mailing=mailing.pk, state=str(state))
    if state == MailingState.SENDING:
        _nudge(mailing)
    return mailing


def _nudge(mailing: Mailing) -> None:
    """Start a sender without waiting for the sweep; if the broker is away, the sweep does it."""
    from newsletters.delivery.tasks import nudge_mailing  # noqa: PLC0415 (tasks call services)

    transaction.on_commit(lambda: nudge_mailing(mailing.pk))
