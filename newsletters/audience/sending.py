"""Sending one transactional mail: lease the row, build, hand over, note the outcome.

The order matters: the lease is committed before the relay is spoken to, the outcome after it has answered. A worker
that dies in between leaves a lease that runs out, and the mail goes again under the same Message-ID.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Now
from django.template.loader import render_to_string

from content.organisation.models import Organisation
from newsletters.audience import links
from newsletters.audience.models import AudienceSettings, OutgoingMail
from newsletters.audience.services.mails import may_be_answered
from newsletters.transport.messages import Letter, Mailbox, build_message, derived_message_id, encode_message
from newsletters.transport.routes import ConnectionTrouble, PermanentFailure, Stage, TransportError
from newsletters.transport.smtp import default_route

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from newsletters.transport.routes import Route

# Longer than one attempt can take (connect, greeting, TLS, login and four commands at 10 s each are 100 s at worst),
# and short enough that a killed worker's mail is only that late.
LEASE = timedelta(minutes=2)
# 30 s, 2 min, 8 min, 30 min, then every 2 hours: a confirmation that comes the next day is worth little.
DELAYS = (30, 120, 480, 1_800, 7_200, 7_200, 7_200, 7_200, 7_200, 7_200)
GIVE_UP_AFTER = len(DELAYS) + 1
SUBJECTS = {
    OutgoingMail.Kind.CONFIRM: "Please confirm your subscription",
    OutgoingMail.Kind.ALREADY_SUBSCRIBED: "You are subscribed already",
    OutgoingMail.Kind.PREFERENCES: "Your link to your preferences",
}

log = structlog.get_logger(__name__)


def lease_mail(*, pk: int) -> OutgoingMail | None:
    """Take one mail for this process, by the database's clock; None if it is not due, done, or somebody else's."""
    owner = uuid4()
    free = Q(leased_until=None) | Q(leased_until__lt=Now())
    taken = (
        OutgoingMail.objects.filter(free, pk=pk, state=OutgoingMail.State.WAITING, due_at__lte=Now())
        .order_by()
        .update(lease_owner=owner, leased_until=Now() + LEASE, attempts=F("attempts") + 1)
    )
    if not taken:
        return None
    return OutgoingMail.objects.select_related("subscriber", "wording").get(pk=pk)


def send_mail(*, pk: int, at: datetime, route: Route | None = None) -> bool:
    """Send one waiting mail if it is due and nobody else is at it; return whether the relay accepted it now."""
    mail = lease_mail(pk=pk)
    if mail is None:
        return False
    # Asked again at the moment of sending: the person may have complained since it was queued. And a mail that
    # has used up its attempts without an outcome has killed its worker each time.
    if mail.attempts > GIVE_UP_AFTER or not may_be_answered(mail.subscriber):
        _finish(mail, state=OutgoingMail.State.GIVEN_UP)
        return False
    try:
        message = encode_message(build_message(compose_letter(mail=mail, at=at)))
        with (route or default_route()).session() as session:
            receipt = session.send(sender=envelope_sender(), recipient=mail.subscriber.email, message=message)
    except TransportError as error:
        _note_failure(mail, error=error, at=at)
        return False
    _finish(mail, state=OutgoingMail.State.SENT, sent_at=at, smtp_code=receipt.code, smtp_status=receipt.status)
    return True


def due_mails(limit: int) -> list[int]:
    """What a sweep should send: waiting, due, not leased; oldest first."""
    free = Q(leased_until=None) | Q(leased_until__lt=Now())
    return list(
        OutgoingMail.objects.filter(free, state=OutgoingMail.State.WAITING, due_at__lte=Now())
        .order_by("due_at", "pk")
        .values_list("pk", flat=True)[:limit]
    )


def compose_letter(*, mail: OutgoingMail, at: datetime) -> Letter:
    """The mail's words. Links are made here, at the last moment, so that they are never stored."""
    subscriber = mail.subscriber
    organisation = Organisation.load()
    context = {
        "organisation": organisation,
        "address": _address(organisation),
        "site_url": settings.SITE_URL,
        "name": subscriber.name,
        "mailing_lists": list(mail.mailing_lists.all()),
        "wording": mail.wording,
        "days": settings.CONFIRMATION_DAYS,
        "confirm_url": _confirm_url(mail),
        "preferences_url": links.preferences_url(subscriber=subscriber.public_id, at=at),
        "subject": SUBJECTS[OutgoingMail.Kind(mail.kind)],
    }
    return Letter(
        sender=sender_mailbox(),
        recipient=Mailbox(subscriber.email, subscriber.name),
        subject=str(context["subject"]),
        text=render_to_string(f"mail/audience/{mail.kind}.txt", context).strip() + "\n",
        html=render_to_string(f"mail/audience/{mail.kind}.html", context),
        date=at,
        message_id=derived_message_id("audience", str(mail.public_id)),
        automatic=True,
    )


def sender_mailbox() -> Mailbox:
    """Who confirmations come from: the settings, else the organisation's contact address, else newsletters@ here."""
    chosen, organisation = AudienceSettings.load(), Organisation.load()
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    address = chosen.sender_address or organisation.contact_email or f"newsletters@{host}"
    return Mailbox(address, chosen.sender_name or organisation.name)


def envelope_sender() -> str:
    """Where bounces of transactional mail go: to the sender itself."""
    return sender_mailbox().address


def _address(organisation: Organisation) -> str:
    """The postal address, with the organisation's name above it unless it stands there already."""
    postal: str = organisation.postal_address.strip()
    return postal if postal.startswith(organisation.name) else f"{organisation.name}\n{postal}".strip()


def _confirm_url(mail: OutgoingMail) -> str:
    if mail.kind != OutgoingMail.Kind.CONFIRM or mail.wording is None:
        return ""
    token = links.sign_confirmation(
        subscriber=mail.subscriber.public_id,
        mailing_lists=[mailing_list.pk for mailing_list in mail.mailing_lists.all()],
        wording_version=mail.wording.version,
        at=mail.created_at,
    )
    return links.confirm_url(token)


def _note_failure(mail: OutgoingMail, *, error: TransportError, at: datetime) -> None:
    """Wait longer each time; a refusal that concerns the recipient, or too many attempts, ends it."""
    final = isinstance(error, PermanentFailure) and error.stage in {Stage.RECIPIENT, Stage.DATA}
    if final or mail.attempts >= GIVE_UP_AFTER:
        _finish(mail, state=OutgoingMail.State.GIVEN_UP, smtp_code=error.code, smtp_status=error.status)
        log.warning("confirmation given up", outgoing_mail=mail.pk, code=error.code, stage=str(error.stage))
        return
    delay = timedelta(seconds=DELAYS[mail.attempts - 1])
    _finish(mail, state=OutgoingMail.State.WAITING, due_at=at + delay, smtp_code=error.code, smtp_status=error.status)
    log.info(
        "confirmation deferred",
        outgoing_mail=mail.pk,
        code=error.code,
        stage=str(error.stage),
        connection=isinstance(error, ConnectionTrouble),
    )


def _finish(mail: OutgoingMail, *, state: str, **fields: datetime | int | str | UUID | None) -> None:
    """Write the outcome and give up the lease, unless the lease has run out and somebody else has it now."""
    OutgoingMail.objects.filter(pk=mail.pk, lease_owner=mail.lease_owner, state=OutgoingMail.State.WAITING).update(
        state=state, lease_owner=None, leased_until=None, **fields
    )
