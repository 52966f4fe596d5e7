"""What stays of a mailing when its ledger is gone: how it went, who got what, which links were followed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from newsletters.delivery.models.mailings import Mailing
from newsletters.delivery.states import Outcome


class Sample(models.Model):
    """A mailing's counts at a moment while it was sending, noted by the sweep.

    Rates and the curve over time come from these: the ledger has no index by time, and must not get one.
    """

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="samples")
    at = models.DateTimeField()
    accepted = models.PositiveIntegerField()
    settled = models.PositiveIntegerField()

    class Meta:
        ordering: ClassVar = ["at"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["mailing", "at"], name="delivery_sample_once")]

    def __str__(self) -> str:
        return f"{self.mailing_id} at {self.at:%H:%M:%S}: {self.accepted}"


class Receipt(models.Model):
    """Who got what, without address and name: a recipient's row after its mailing was compacted.

    `number` is the recipient's, which bounce addresses and Message-IDs name, so that a late bounce still finds its
    person. There is no foreign key to the subscriber; `services.forget_subscriber` removes the row.
    """

    pk = models.CompositePrimaryKey("mailing_id", "number")
    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, db_index=False, related_name="receipts")
    number = models.IntegerField()
    subscriber_id = models.BigIntegerField(db_index=True)
    state = models.SmallIntegerField(choices=Outcome)
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.mailing_id}/{self.number}"


class Link(models.Model):
    """A link of an issue that was sent with counted links, and how often it was followed. Nobody's name is near it.

    `issue_number` is the page's number, without a foreign key: the counts outlive the page. A digest is
    `newsletters.issues.counting.digest_of` of the target.
    """

    issue_number = models.BigIntegerField()
    digest = models.CharField(max_length=16)
    target = models.TextField()
    words = models.CharField(max_length=200, blank=True, help_text="What the link says.")
    position = models.PositiveSmallIntegerField()
    clicks = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["issue_number", "digest"], name="delivery_link_of_an_issue")
        ]

    def __str__(self) -> str:
        return self.words or self.target
