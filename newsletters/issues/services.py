"""Writes and compilations: the issue becomes a mail here, and learns here that it was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from newsletters.issues.compilation import BlockFault, IssueIncomplete, compile_with_marks
from newsletters.issues.compiled import FIELDS, render_for
from newsletters.issues.edition import Edition, every_block
from newsletters.transport.messages import Letter, Mailbox, build_message, encode_message
from newsletters.transport.smtp import default_route

if TYPE_CHECKING:
    from datetime import datetime

    from wagtail.models import Revision

    from newsletters.issues.compiled import CompiledIssue
    from newsletters.issues.models import IssuePage

__all__ = ["BlockFault", "IssueIncomplete", "compile_issue", "mark_issue_sent", "send_test"]


def compile_issue(*, issue: IssuePage, at: datetime | None = None) -> CompiledIssue:
    """Compile an issue as it is in memory (a draft, a revision or the published page) once, for all recipients.

    `at` is the moment that decides which pages and vacancies are open; now when None.

    Raises:
        IssueIncomplete: the page is not below a newsletter.
        BlockFault: a block's template or content gives MJML that is none; an `MjmlError` with the blocks' ids.
    """
    return compile_with_marks(issue, at).compiled


@transaction.atomic
def mark_issue_sent(*, issue: IssuePage, compiled: CompiledIssue, at: datetime) -> None:
    """Publish the issue as it was compiled, so that the archive shows what went out; `delivery` calls it at the start.

    The revision that was compiled is published, even where an editor has gone on since; the newer draft stays a draft.
    Which vacancies "all that are open" were is kept, because the archive should not change with time. Calling it twice
    is harmless: the first moment stays.
    """
    if issue.sent_at is None:
        _record_sent(issue, compiled, at)
    # Read only now: a revision keeps the page it belongs to, and makes its own page with what that knows of sending.
    revision = _compiled_revision(issue, compiled)
    page = issue if revision is None else revision.as_object()
    if page.published_on is None and (revision is None or revision.is_latest_revision()):
        page.published_on = timezone.localdate(at)
        revision = page.save_revision()
    elif revision is None:
        revision = page.save_revision()
    if not issue.live or issue.live_revision_id != revision.pk:
        revision.publish()


def send_test(*, issue: IssuePage, address: str, name: str = "", at: datetime) -> None:
    """Send the issue as it is in memory to one address, marked as a test; its personal links lead nowhere.

    Raises:
        IssueIncomplete: no sender's address, or no newsletter; the message says what to do.
        MjmlError: the issue does not compile.
        ValidationError: not an address.
        TransportError: the relay did not take it.
    """
    validate_email(address)
    compiled = compile_issue(issue=issue, at=at)
    if not compiled.sender_address:
        raise IssueIncomplete("The newsletter has no sender's address; enter one on its page.")
    values = {field.name: field.sample for field in FIELDS.values()} | {"address": address}
    mail = render_for(compiled, values | ({"name": name} if name else {}), compiled.topic_ids)
    letter = Letter(
        sender=Mailbox(compiled.sender_address, compiled.sender_name),
        recipient=Mailbox(address),
        reply_to=Mailbox(compiled.reply_to) if compiled.reply_to else None,
        subject=f"[Test] {mail.subject}",
        text=mail.text,
        html=mail.html,
        date=at,
    )
    with default_route().session() as session:
        message = encode_message(build_message(letter))
        session.send(sender=compiled.sender_address, recipient=address, message=message)


def _compiled_revision(issue: IssuePage, compiled: CompiledIssue) -> Revision | None:
    return issue.revisions.filter(pk=compiled.revision_id).first() if compiled.revision_id else None


def _record_sent(issue: IssuePage, compiled: CompiledIssue, at: datetime) -> None:
    """Note on the issue's row, past its revisions, that and how it was sent."""
    revision = _compiled_revision(issue, compiled)
    issue.sent_at, issue.sent_hash = at, compiled.content_hash
    issue.sent_vacancies = _vacancies_shown(revision.as_object() if revision else issue, at)
    sent = {name: getattr(issue, name) for name in ("sent_at", "sent_hash", "sent_vacancies")}
    type(issue).objects.filter(pk=issue.pk).update(**sent)


def _vacancies_shown(page: IssuePage, at: datetime) -> dict[str, list[int]]:
    edition = Edition.of_issue(page, at)
    return {
        child.id: [vacancy.pk for vacancy in edition.vacancies(child.value, child.id)]
        for child in every_block(page.body)
        if child.block_type == "vacancies"
    }
