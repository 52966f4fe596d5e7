"""What search keeps in the database: what has changed, and which pages belong together."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from wagtail.models import Page


class OutboxEntry(models.Model):
    """A document's place in the outbox: which version is current, and how far search has come.

    A key has one row for ever, also after its document is gone: its version must never start again, or a late
    write could bring the dead back. The row's lock gives versions the order of their commits.
    """

    key = models.CharField(primary_key=True, max_length=64)
    version = models.PositiveBigIntegerField(default=1)
    indexed_version = models.PositiveBigIntegerField(default=0)
    related_version = models.PositiveBigIntegerField(default=0)
    changed_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["changed_at"],
                name="outbox_to_index",
                condition=models.Q(indexed_version__lt=models.F("version")),
            ),
            models.Index(
                fields=["changed_at"],
                name="outbox_to_relate",
                condition=models.Q(related_version__lt=models.F("indexed_version")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} at version {self.version}"


class RelatedPage(models.Model):
    """One item of a page's related list, with the reasons that editors see; rewritten whenever the list is computed.

    More are stored than are shown, because some fall away when the list is shown: curated cards, expired pages.
    """

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="related_pages")
    related = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="related_from")
    position = models.PositiveSmallIntegerField()
    score = models.FloatField()
    reasons = models.JSONField(default=list)

    class Meta:
        ordering: ClassVar = ["page", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("page", "position"), name="one_related_page_a_position"),
            models.UniqueConstraint(fields=("page", "related"), name="related_once_a_page"),
        ]

    def __str__(self) -> str:
        return f"{self.page_id} → {self.related_id}"
