"""Mail that answers one person's own act (confirmations and links), kept until it has been handed over."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models


class OutgoingMail(models.Model):
    """One transactional mail. The row is written in the transaction that makes it due, so a crash cannot lose it.

    A worker leases it (`lease_owner`, `leased_until`, by the database's clock) before it sends. If the worker dies
    between the relay's answer and the note of it, the mail goes again when the lease is over, with the same
    Message-ID: for a confirmation twice is better than never.
    """

    class Kind(models.TextChoices):
        """Which mail it is."""

        CONFIRM = "confirm", "Please confirm"
        ALREADY_SUBSCRIBED = "already", "You are subscribed already"
        PREFERENCES = "preferences", "Link to the preferences"

    class State(models.TextChoices):
        """How far it has come."""

        WAITING = "waiting", "Waiting"
        SENT = "sent", "Accepted by the relay"
        GIVEN_UP = "given_up", "Given up"

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=Kind)
    subscriber = models.ForeignKey("audience.Subscriber", on_delete=models.CASCADE, related_name="outgoing_mails")
    mailing_lists = models.ManyToManyField("audience.MailingList", related_name="+", blank=True)
    wording = models.ForeignKey("audience.Wording", null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    lease_owner = models.UUIDField(null=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    smtp_code = models.PositiveSmallIntegerField(null=True, editable=False)
    smtp_status = models.CharField(max_length=11, blank=True, editable=False)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering: ClassVar = ["due_at", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=models.Q(state="waiting"), name="audience_mail_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_state_display()}"
