"""What comes back: bounces and complaints, the messages they came in, and how far a mailbox has been read."""

from __future__ import annotations

import email
import email.policy
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import models
from django.utils.html import format_html

from newsletters.delivery.models.mailings import Mailing

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

KEPT_OCTETS: Final = 262_144
"""Octets kept of a returned message: ours have 100 KB at most, and the report stands first."""


class Returned(models.Model):
    """A message that came to the bounce address, kept as it was until it is too old to be replayed.

    `digest` is the SHA-256 of its octets: the same message read twice, from a mailbox or by a replay, is one row.
    """

    class State(models.TextChoices):
        """What could be made of it."""

        UNDERSTOOD = "understood", "Understood"
        IGNORED = "ignored", "No bounce: an automatic answer, a delay, a delivery"
        UNKNOWN = "unknown", "Not understood; kept for a look"
        FOREIGN = "foreign", "A bounce, but of none of our messages as far as can be proved"

    digest = models.CharField(max_length=64, unique=True)
    envelope_recipient = models.CharField(max_length=320, blank=True)
    raw = models.BinaryField()
    state = models.CharField(max_length=10, choices=State)
    received_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-received_at"]
        indexes: ClassVar = [models.Index(fields=["state", "received_at"], name="delivery_returned_state")]
        verbose_name = "returned message"

    def __str__(self) -> str:
        return f"{self.get_state_display()} ({self.received_at:%Y-%m-%d %H:%M})"

    @property
    def subject(self) -> str:
        """The message's subject, to tell one from another in a list."""
        parsed = email.message_from_bytes(bytes(self.raw)[:20_000], policy=email.policy.default)
        try:
            return str(parsed["Subject"] or "")[:120]
        except (ValueError, LookupError, IndexError):
            return ""

    @property
    def source(self) -> SafeString:
        """The message as it came, as far as a person reads."""
        return format_html("<pre>{}</pre>", bytes(self.raw)[:20_000].decode("utf-8", "replace"))


class Bounce(models.Model):
    """One report about one recipient. The ledger is not changed by it: the relay did accept the message.

    `reference` makes the same fact one row, however often and by whichever way it is reported.
    """

    class Kind(models.TextChoices):
        """What the report means for the address."""

        HARD = "hard", "The address does not exist"
        SOFT = "soft", "Cannot be delivered for now"
        BLOCK = "block", "Refused by policy or as spam"
        COMPLAINT = "complaint", "Reported as spam by the recipient"

    class Source(models.TextChoices):
        """Where the report came from."""

        SMTP = "smtp", "The relay's answer"
        MESSAGE = "message", "A returned message"
        WEBHOOK = "webhook", "The mail provider"

    kind = models.CharField(max_length=9, choices=Kind)
    source = models.CharField(max_length=7, choices=Source)
    mailing = models.ForeignKey(Mailing, null=True, on_delete=models.SET_NULL, related_name="bounces")
    number = models.IntegerField(null=True, help_text="The recipient's number in the mailing.")
    subscriber_id = models.BigIntegerField(null=True)
    address = models.CharField(max_length=320)
    status = models.CharField(max_length=11, blank=True, help_text="Enhanced status code (RFC 3463).")
    diagnostic = models.CharField(max_length=500, blank=True)
    reference = models.CharField(
        max_length=128, unique=True, help_text="What makes the report the same when it comes twice."
    )
    returned = models.ForeignKey(Returned, null=True, on_delete=models.SET_NULL, related_name="bounces")
    at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, help_text="When the policy acted on it.")

    class Meta:
        ordering: ClassVar = ["-at"]
        indexes: ClassVar = [
            models.Index(fields=["subscriber_id", "at"], name="delivery_bounce_subscriber"),
            models.Index(fields=["mailing", "kind"], name="delivery_bounce_mailing"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.at:%Y-%m-%d})"


class BounceMailbox(models.Model):
    """How far a mailbox has been read: UIDs only grow while UIDVALIDITY stays what it is (RFC 9051 §2.3.1.1)."""

    source = models.CharField(max_length=300, unique=True, help_text="The mailbox's address without the password.")
    validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    read_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.source} up to {self.last_uid}"


class ProviderMessage(models.Model):
    """What a mail provider calls a message of ours, so that its events find the recipient."""

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, db_index=False, related_name="provider_messages")
    number = models.IntegerField()
    provider_id = models.CharField(max_length=255, db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mailing", "number", "provider_id"], name="delivery_provider_message_once")
        ]

    def __str__(self) -> str:
        return f"{self.mailing_id}/{self.number}"
