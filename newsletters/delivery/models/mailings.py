"""One issue on its way to one list."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from newsletters.delivery.states import OVER, MailingState
from newsletters.issues.compiled import CompiledIssue

if TYPE_CHECKING:
    from datetime import datetime


class MailingQuerySet(models.QuerySet["Mailing"]):
    """Mailings as the sweep and the control room ask for them."""

    def under_way(self) -> Self:
        """Mailings that will send something without being asked again."""
        return self.exclude(state__in=OVER)

    def due(self, at: datetime) -> Self:
        """Frozen mailings whose time has come."""
        return self.filter(state=MailingState.FROZEN).filter(Q(scheduled_at=None) | Q(scheduled_at__lte=at))


class Mailing(models.Model):
    """An issue frozen for a list: its content, its headers, its audience. Nothing in it changes but its progress.

    `content` is `CompiledIssue.as_data()`. `waterfall` holds how many were on the list and why some get nothing, in
    order, each with its label. `key_id` names the key that Message-IDs are derived with, so that a message sent again
    is the same message after the keys have been rotated.
    """

    issue = models.ForeignKey("issues.IssuePage", null=True, on_delete=models.SET_NULL, related_name="mailings")
    mailing_list = models.ForeignKey("audience.MailingList", on_delete=models.PROTECT, related_name="mailings")
    title = models.CharField(max_length=255)
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    list_name = models.CharField(max_length=120)
    list_id = models.CharField(max_length=255)
    key_id = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=MailingState, default=MailingState.FREEZING)
    scheduled_at = models.DateTimeField(null=True, blank=True)
    spread_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Spread evenly over so many minutes; as fast as the relay takes it when empty."
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    waterfall = models.JSONField(default=list)
    size = models.PositiveIntegerField(default=0, help_text="Recipients written to the ledger.")
    frozen_through = models.BigIntegerField(default=0, help_text="The last subscriber that freezing has looked at.")

    trouble = models.CharField(max_length=300, blank=True, help_text="Why nothing goes out at the moment.")
    trouble_since = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True, help_text="No sender starts before this moment.")
    nudged_at = models.DateTimeField(null=True, blank=True, editable=False)
    excused = models.JSONField(
        default=dict, editable=False, help_text="Counts when an operator last resumed it: what was known by then."
    )
    deaths = models.PositiveSmallIntegerField(default=0, help_text="Senders that died since one last made progress.")

    summary = models.JSONField(
        default=dict, editable=False, help_text="What the report says once the ledger's rows are gone."
    )
    compacted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = models.Manager.from_queryset(MailingQuerySet)()

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        permissions: ClassVar = [("export_mailing", "Can take away who got a mailing")]
        constraints: ClassVar = [
            # Two operators press send: the second one's row is refused by the database.
            models.UniqueConstraint(
                fields=["issue", "mailing_list"],
                condition=~Q(state=MailingState.CANCELLED),
                name="delivery_one_mailing_an_issue_and_list",
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def compiled(self) -> CompiledIssue:
        """The issue as it was when it was frozen."""
        return CompiledIssue.from_data(self.content)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be sent by itself."""
        return self.state in OVER
