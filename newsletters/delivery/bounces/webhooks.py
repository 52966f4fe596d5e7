"""What a mail provider reports by webhook: anymail checks the signature or the shared secret and speaks one language.

A report is authentic, so it may also be matched by what the provider calls the message, or by the address alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import structlog
from anymail.signals import EventType, RejectReason, tracking
from django.db import transaction
from django.utils import timezone

from newsletters.audience.models import Subscriber
from newsletters.audience.services import unsubscribe_from_all
from newsletters.delivery.bounces.classes import Kind, classify, enhanced_status, smtp_code
from newsletters.delivery.bounces.freeform import Finding
from newsletters.delivery.bounces.references import Reference, read_reference
from newsletters.delivery.models import Bounce, ProviderMessage
from newsletters.delivery.services.bounce_policy import apply_policy
from newsletters.delivery.services.bounces import record_report, subscriber_at
from newsletters.transport.api import METADATA

if TYPE_CHECKING:
    from anymail.signals import AnymailTrackingEvent

_KINDS: Final = {
    RejectReason.INVALID: Kind.HARD,
    RejectReason.BOUNCED: Kind.HARD,
    RejectReason.TIMED_OUT: Kind.SOFT,
    RejectReason.BLOCKED: Kind.BLOCK,
    RejectReason.SPAM: Kind.COMPLAINT,
    RejectReason.UNSUBSCRIBED: Kind.BLOCK,
}

log = structlog.get_logger(__name__)


def receive_event(sender: Any, event: AnymailTrackingEvent, esp_name: str, **_: Any) -> None:
    """Note bounces, complaints and unsubscriptions; deliveries, opens and clicks are nobody's business."""
    del sender
    kind = _kind(event)
    if kind is None and event.event_type != EventType.UNSUBSCRIBED:
        return
    at = event.timestamp or timezone.now()
    reference = _reference(event)
    subscriber = _subscriber(event, reference)
    with transaction.atomic():
        if kind is None:
            if subscriber is not None:
                unsubscribe_from_all(subscriber=subscriber, at=at)
            return
        words = " ".join(f"{event.mta_response or ''} {event.description or ''}".split())
        bounce = record_report(
            source=Bounce.Source.WEBHOOK,
            finding=Finding(event.recipient or "", kind, enhanced_status(words), words),
            reference=reference,
            at=at,
            mark=f"{esp_name}:{event.event_id or event.message_id}:{kind}",
            subscriber_id=subscriber.pk if subscriber is not None else None,
        )
        if bounce is not None and bounce.subscriber_id is not None:
            apply_policy(at=timezone.now(), subscriber_ids=[bounce.subscriber_id])
    log.info("provider reported", provider=esp_name, kind=str(kind), known=bounce is None)


def connect() -> None:
    """Listen; called once, when the apps are ready."""
    tracking.connect(receive_event, dispatch_uid="newsletters.delivery.bounces")


def _kind(event: AnymailTrackingEvent) -> Kind | None:
    if event.event_type == EventType.COMPLAINED:
        return Kind.COMPLAINT
    if event.event_type not in (EventType.BOUNCED, EventType.REJECTED):
        return None
    words = f"{event.mta_response or ''} {event.description or ''}"
    if event.event_type == EventType.BOUNCED and (enhanced_status(words) or smtp_code(words)):
        return classify(status=enhanced_status(words), code=smtp_code(words), text=words)
    kind = _KINDS.get(event.reject_reason, Kind.SOFT)
    # Their own list of complaints refusing a message is no new complaint.
    return Kind.BLOCK if kind is Kind.COMPLAINT and event.event_type == EventType.REJECTED else kind


def _reference(event: AnymailTrackingEvent) -> Reference | None:
    found = read_reference(str((event.metadata or {}).get(METADATA, "")))
    if found is not None or not event.message_id:
        return found
    known = ProviderMessage.objects.filter(provider_id=event.message_id).first()
    return Reference(known.mailing_id, known.number) if known is not None else None


def _subscriber(event: AnymailTrackingEvent, reference: Reference | None) -> Subscriber | None:
    if reference is not None:
        number = subscriber_at(reference)
        found = Subscriber.objects.filter(pk=number).first() if number is not None else None
        if found is not None:
            return found
    return Subscriber.objects.filter(canonical=(event.recipient or "").lower()).first()
