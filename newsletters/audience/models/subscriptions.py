"""The states between a person and a list, and the moves that are allowed."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q


class State(models.TextChoices):
    """Where a subscription stands."""

    PENDING = "pending", "Waiting for confirmation"
    ACTIVE = "active", "Active"
    UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
    BOUNCED = "bounced", "Address does not work"
    COMPLAINED = "complained", "Reported as spam"


# What may follow what. Every way back to active leads through the person's own act or an attested import.
TRANSITIONS: dict[str, frozenset[str]] = {
    State.PENDING: frozenset({State.ACTIVE, State.UNSUBSCRIBED, State.BOUNCED, State.COMPLAINED}),
    State.ACTIVE: frozenset({State.UNSUBSCRIBED, State.BOUNCED, State.COMPLAINED}),
    State.UNSUBSCRIBED: frozenset({State.PENDING, State.ACTIVE, State.COMPLAINED}),
    State.BOUNCED: frozenset({State.PENDING, State.ACTIVE, State.UNSUBSCRIBED, State.COMPLAINED}),
    State.COMPLAINED: frozenset({State.PENDING, State.ACTIVE}),
}


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    """Subscriptions as selectors ask for them."""

    def active(self) -> Self:
        """Confirmed and not ended."""
        return self.filter(state=State.ACTIVE)

    def pending(self) -> Self:
        """Asked for, not yet confirmed."""
        return self.filter(state=State.PENDING)

    def mailable(self) -> Self:
        """May be mailed: active, the address not suppressed, a permission on record, the list not closed.

        One join to the subscriber and one to the list; `.values(…)` of it can feed an INSERT … SELECT.
        """
        return self.active().filter(
            subscriber__suppressed_at=None, permission__isnull=False, mailing_list__closed_at=None
        )


class Subscription(models.Model):
    """One person on one list. `permission` is the record that mailing rests on; without one nobody is active.

    The moments say when each state was last entered; `last_mailed_at` serves the person's chosen frequency and is
    set through `services.record_mailed` when a mailing's audience is frozen.
    """

    subscriber = models.ForeignKey("audience.Subscriber", on_delete=models.CASCADE, related_name="subscriptions")
    mailing_list = models.ForeignKey("audience.MailingList", on_delete=models.PROTECT, related_name="subscriptions")
    state = models.CharField(max_length=12, choices=State, default=State.PENDING)
    permission = models.ForeignKey(
        "audience.PermissionRecord", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    unsubscribed_at = models.DateTimeField(null=True, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)
    complained_at = models.DateTimeField(null=True, blank=True)
    last_mailed_at = models.DateTimeField(null=True, blank=True)

    objects = models.Manager.from_queryset(SubscriptionQuerySet)()

    class Meta:
        ordering: ClassVar = ["mailing_list", "subscriber"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subscriber", "mailing_list"], name="audience_subscribed_once"),
            models.CheckConstraint(
                condition=~Q(state=State.ACTIVE) | Q(permission__isnull=False),
                name="audience_active_has_permission",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["mailing_list", "state"], name="audience_list_state")]

    def __str__(self) -> str:
        return f"{self.subscriber_id} on {self.mailing_list_id}: {self.state}"
