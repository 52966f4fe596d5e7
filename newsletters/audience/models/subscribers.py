"""People who get mail."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models.functions import Lower


class Frequency(models.TextChoices):
    """How often a person wants to hear from one list at most."""

    EVERY = "every", "Every issue"
    WEEKLY = "weekly", "At most one a week"
    MONTHLY = "monthly", "At most one a month"


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    """Subscribers as selectors ask for them."""

    def confirmed(self) -> Self:
        """People who have proved at least once that the address is theirs, or were imported with an attestation."""
        return self.exclude(confirmed_at=None)

    def suppressed(self) -> Self:
        """People who must not be mailed, whatever their subscriptions say."""
        return self.exclude(suppressed_at=None)


class Subscriber(models.Model):
    """A person at an address. `public_id` stands in links and in the record of permission, never the row's number.

    `email` is the address to write to: the local part as typed, the domain in ASCII, so that it fits an SMTP
    envelope. `canonical` is its lower-cased form: one person, one row. `suppressed_at` repeats for SQL what the
    table `Suppression` knows lastingly; only `services.suppression` writes it.
    """

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    email = models.CharField(max_length=254)
    canonical = models.CharField(max_length=254, unique=True, editable=False)
    name = models.CharField(max_length=120, blank=True)
    frequency = models.CharField(max_length=8, choices=Frequency, default=Frequency.EVERY)
    topics = models.ManyToManyField(
        "topics.Topic", through="audience.TopicInterest", related_name="followers", blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    suppressed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = models.Manager.from_queryset(SubscriberQuerySet)()

    class Meta:
        ordering: ClassVar = ["canonical"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(canonical=Lower("email")), name="audience_canonical_is_lower_email"
            )
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def shown_email(self) -> str:
        """The address as its owner reads it, with an international domain in its own script."""
        local, _, domain = self.email.rpartition("@")
        try:
            return f"{local}@{domain.encode('ascii').decode('idna')}"
        except UnicodeError:
            return self.email


class TopicInterest(models.Model):
    """A subscriber follows a topic: sections of an issue may be for its followers only."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="topic_interests")
    topic = models.ForeignKey("topics.Topic", on_delete=models.CASCADE, related_name="interests")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subscriber", "topic"], name="audience_topic_followed_once")
        ]

    def __str__(self) -> str:
        return f"{self.subscriber_id} → {self.topic_id}"
