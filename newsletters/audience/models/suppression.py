"""Addresses that must not be mailed again, known only by a keyed hash."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Reason(models.TextChoices):
    """Why an address is suppressed."""

    UNSUBSCRIBED_ALL = "unsubscribed", "Unsubscribed from everything"
    HARD_BOUNCE = "bounce", "Address does not work"
    COMPLAINT = "complaint", "Reported our mail as spam"
    ERASED = "erased", "Data erased at the person's request"
    MANUAL = "manual", "Entered by an operator"


# A person who asks again, on the form and by the link in the mail, lifts these. Somebody who reported us as spam
# gets not even the confirmation, since anybody could have typed the address; nor does one an operator has barred.
LIFTED_BY_ASKING_AGAIN = frozenset({Reason.UNSUBSCRIBED_ALL, Reason.HARD_BOUNCE, Reason.ERASED})


class Suppression(models.Model):
    """One suppressed address: HMAC-SHA-256 of its canonical form under `settings.SUPPRESSION_KEYS[key_id]`.

    It survives erasure: the hash alone tells nobody the address, but an import or a sign-up of the same address is
    recognised as long as the key is kept.
    """

    key_id = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)
    reason = models.CharField(max_length=12, choices=Reason)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["key_id", "digest"], name="audience_suppressed_once")]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} ({self.created_at:%Y-%m-%d})"
