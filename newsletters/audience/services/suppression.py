"""Suppression: the hash table is the lasting truth, `Subscriber.suppressed_at` its copy for SQL; both change here."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from newsletters.audience.models import Reason, Subscriber, Suppression
from newsletters.audience.models.suppression import LIFTED_BY_ASKING_AGAIN

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

# A stricter reason replaces a milder one, never the other way round: who complained and then asked for erasure must
# still not be mailed when somebody types the address into the form.
STRICTNESS = (Reason.UNSUBSCRIBED_ALL, Reason.ERASED, Reason.HARD_BOUNCE, Reason.COMPLAINT, Reason.MANUAL)


def suppression_digests(canonical: str) -> dict[str, str]:
    """The address's hash under every key that is still known, by key id; the first is the one new rows get."""
    return {
        key_id: hmac.digest(secret.encode(), b"courant suppression v1\0" + canonical.encode(), "sha256").hex()
        for key_id, secret in settings.SUPPRESSION_KEYS.items()
    }


def suppression_reason(*, canonical: str) -> Reason | None:
    """Why this address is suppressed, under whichever key it was entered; None if it is not."""
    found = _rows(canonical).values_list("reason", flat=True)
    return max((Reason(reason) for reason in found), key=STRICTNESS.index, default=None)


@transaction.atomic
def suppress_address(*, canonical: str, reason: Reason, at: datetime) -> None:
    """Never mail this address again, until the suppression is lifted; doing it twice is harmless."""
    kept = list(_rows(canonical).select_for_update())
    if not kept:
        key_id, digest = next(iter(suppression_digests(canonical).items()))
        Suppression.objects.get_or_create(key_id=key_id, digest=digest, defaults={"reason": reason})
    for row in kept:
        if STRICTNESS.index(reason) > STRICTNESS.index(Reason(row.reason)):
            row.reason = reason
            row.save(update_fields=["reason"])
    Subscriber.objects.filter(canonical=canonical, suppressed_at=None).update(suppressed_at=at)


@transaction.atomic
def lift_suppression(*, canonical: str, by_operator: bool = False) -> bool:
    """Allow mail again, because the person asked anew and proved the address, or because an operator says so.

    Returns whether the address is free now: what a person cannot lift (a complaint, an operator's entry) stays.
    """
    rows = _rows(canonical)
    if not by_operator and rows.exclude(reason__in=LIFTED_BY_ASKING_AGAIN).exists():
        return False
    rows.delete()
    Subscriber.objects.filter(canonical=canonical).update(suppressed_at=None)
    return True


def _rows(canonical: str) -> QuerySet[Suppression]:
    condition = Q(pk__in=[])
    for key_id, digest in suppression_digests(canonical).items():
        condition |= Q(key_id=key_id, digest=digest)
    return Suppression.objects.filter(condition)
