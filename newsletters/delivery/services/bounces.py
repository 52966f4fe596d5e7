"""What comes back is written down once, whoever says it and however often, and then judged."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.db import transaction

from newsletters.delivery.bounces.classes import classify, enhanced_status
from newsletters.delivery.bounces.parsing import Nature, Parsed, parse_returned
from newsletters.delivery.configuration import configuration
from newsletters.delivery.models import CHUNK_SIZE, KEPT_OCTETS, Bounce, Chunk, Mailing, Receipt, Recipient, Returned
from newsletters.delivery.services.bounce_policy import apply_policy
from newsletters.delivery.states import ChunkState, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from newsletters.delivery.bounces.freeform import Finding
    from newsletters.delivery.bounces.references import Reference

LONGEST_ADDRESS = 320

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a returned message; `is_new` is False for one that was read before."""

    returned: Returned
    is_new: bool
    bounces: list[Bounce] = field(default_factory=list)


def record_returned(*, raw: bytes, at: datetime, envelope_recipient: str = "") -> Recorded:
    """Keep a message that came to the bounce address, and act on it; doing it twice is harmless.

    `at` is when it was received: its own Date is anybody's to write. A bounce counts against a subscriber only if it
    proves, by a code that only we can make, which message of ours it is about.
    """
    raw = raw[:KEPT_OCTETS]
    digest = hashlib.sha256(raw).hexdigest()
    with transaction.atomic():
        returned, is_new = Returned.objects.get_or_create(
            digest=digest,
            defaults={
                "raw": raw,
                "envelope_recipient": envelope_recipient[:LONGEST_ADDRESS],
                "state": Returned.State.UNKNOWN,
                "received_at": at,
            },
        )
        bounces = _read(returned) if is_new else []
    if is_new:
        log.info("returned message read", returned=returned.pk, state=returned.state, bounces=len(bounces))
    return Recorded(returned, is_new, bounces)


def replay_returned(*, states: Iterable[str]) -> int:
    """Read again, with today's rules, what is kept in these states; returns how many are understood otherwise now."""
    changed = 0
    kept = Returned.objects.filter(state__in=list(states)).order_by("pk")
    for pk in kept.values_list("pk", flat=True).iterator(chunk_size=500):
        with transaction.atomic():
            returned = Returned.objects.select_for_update().get(pk=pk)
            before = returned.state
            changed += bool(_read(returned)) or returned.state != before
    return changed


def record_report(  # noqa: PLR0913 (one argument a fact)
    *,
    source: Bounce.Source,
    finding: Finding,
    reference: Reference | None,
    at: datetime,
    mark: str,
    subscriber_id: int | None = None,
    returned: Returned | None = None,
) -> Bounce | None:
    """Write down one report about one recipient; None where the same fact is on record already.

    `mark` makes a report without a reference the same when it comes twice. A mailing that is gone leaves the report
    without one.
    """
    person = subscriber_id
    if reference is not None:
        person = subscriber_at(reference) or subscriber_id
        mark = f"{reference.mailing_id}.{reference.number}.{finding.kind}"
    mailing = Mailing.objects.filter(pk=reference.mailing_id).first() if reference is not None else None
    bounce, is_new = Bounce.objects.get_or_create(
        reference=mark[:128],
        defaults={
            "kind": finding.kind,
            "source": source,
            "mailing": mailing,
            "number": reference.number if reference is not None and mailing is not None else None,
            "subscriber_id": person,
            "address": finding.address[:LONGEST_ADDRESS],
            "status": finding.status[:11],
            "diagnostic": finding.diagnostic[:500],
            "returned": returned,
            "at": at,
        },
    )
    return bounce if is_new else None


def harvest_rejections(*, mailing: Mailing, at: datetime) -> int:
    """Write down as bounces what the relay refused for good while the mailing went out; returns how many are new.

    Only chunks that hold a rejection and that no sender has are looked at. What never came to an answer, because a
    message could not be made or no relay spoke, is no bounce.
    """
    refused = Chunk.objects.filter(mailing=mailing, rejected__gt=0).exclude(state=ChunkState.LEASED)
    new = 0
    for chunk in refused.values_list("number", flat=True):
        rows = Recipient.objects.filter(
            mailing=mailing, number__gt=chunk * CHUNK_SIZE, number__lte=(chunk + 1) * CHUNK_SIZE,
            state=Outcome.REJECTED, smtp_code__isnull=False,
        )  # fmt: skip
        new += _note_rejections(mailing, list(rows), at)
    return new


def remove_old_returned(*, at: datetime) -> int:
    """Remove returned messages that are too old to be replayed; what they said stays on record."""
    removed, _ = Returned.objects.filter(received_at__lt=at - timedelta(days=configuration().returned_days)).delete()
    return removed


def subscriber_at(reference: Reference) -> int | None:
    """Return whose place it is; a mailing that was compacted has receipts where its ledger was."""
    for model in (Recipient, Receipt):
        places = model.objects.filter(mailing_id=reference.mailing_id, number=reference.number)
        found: int | None = places.values_list("subscriber_id", flat=True).first()
        if found is not None:
            return found
    return None


def _note_rejections(mailing: Mailing, rows: list[Recipient], at: datetime) -> int:
    bounces = []
    for row in rows:
        text = row.smtp_text or ""
        status = enhanced_status(text)
        kind = classify(status=status, code=row.smtp_code, text=text)
        bounces.append(
            Bounce(
                kind=kind, source=Bounce.Source.SMTP, mailing=mailing, number=row.number,
                subscriber_id=row.subscriber_id, address=row.address, status=status, diagnostic=text,
                reference=f"{mailing.pk}.{row.number}.{kind}", at=row.done_at or at,
            )
        )  # fmt: skip
    known = set(
        Bounce.objects.filter(reference__in=[each.reference for each in bounces]).values_list("reference", flat=True)
    )
    fresh = [each for each in bounces if each.reference not in known]
    with transaction.atomic():
        Bounce.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=500)
        apply_policy(at=at, subscriber_ids=[each.subscriber_id for each in fresh if each.subscriber_id is not None])
    return len(fresh)


def _read(returned: Returned) -> list[Bounce]:
    parsed = parse_returned(bytes(returned.raw), envelope_recipient=returned.envelope_recipient)
    bounces = []
    for index, finding in enumerate(_counting(parsed)):
        bounce = record_report(
            source=Bounce.Source.MESSAGE,
            finding=finding,
            reference=parsed.reference,
            at=returned.received_at,
            mark=f"{returned.digest[:60]}:{index}",
            returned=returned,
        )
        if bounce is not None:
            bounces.append(bounce)
    returned.state = _state(parsed)
    returned.save(update_fields=["state"])
    subscribers = [each.subscriber_id for each in bounces if each.subscriber_id is not None]
    if subscribers:
        apply_policy(at=returned.received_at, subscriber_ids=subscribers)
    return bounces


def _counting(parsed: Parsed) -> list[Finding]:
    """Return the findings that stand for the message: one, where it is about one recipient of ours.

    A message of ours goes to one person. If the other side passed it on to several and not all of them failed the
    same way, the mildest counts: the address itself did work.
    """
    findings = list(parsed.findings)
    if parsed.reference is None or len(findings) <= 1:
        return findings
    place = Recipient.objects.filter(mailing_id=parsed.reference.mailing_id, number=parsed.reference.number).first()
    own = [each for each in findings if place is not None and each.address.lower() == place.address.lower()]
    mildest = min(findings, key=lambda each: _SEVERITY.index(each.kind))
    return own[:1] or [mildest]


_SEVERITY = [Bounce.Kind.SOFT, Bounce.Kind.BLOCK, Bounce.Kind.HARD, Bounce.Kind.COMPLAINT]


def _state(parsed: Parsed) -> str:
    if parsed.nature is Nature.UNKNOWN:
        return Returned.State.UNKNOWN
    if parsed.nature not in (Nature.BOUNCE, Nature.COMPLAINT):
        return Returned.State.IGNORED
    return Returned.State.UNDERSTOOD if parsed.reference is not None else Returned.State.FOREIGN
