"""The ledger: who gets a mailing, what became of it, and who is sending right now.

Outcomes are written thousands of times a second, so **no index may name a column that an outcome changes** (`state`,
`attempts`, `smtp_code`, `smtp_text`, `done_at`), not even in its condition: it would end PostgreSQL's heap-only
updates (368 against 1,414 bytes of write-ahead log a message). `checks.py` and a test keep watch.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.db import models
from django.db.models import Q

from newsletters.delivery.models.mailings import Mailing
from newsletters.delivery.states import ChunkState, Outcome

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    NumbersBase = models.Field[list[int], list[int]]
else:
    NumbersBase = models.Field

CHUNK_SIZE: Final = 500
"""Recipients a sender takes at once; numbers `n·500+1` to `n·500+500` are chunk `n`."""


class NumbersField(NumbersBase):
    """A short list of whole numbers: an array on PostgreSQL, JSON text elsewhere; written by the ledger's SQL only."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """Return the column's type."""
        return "integer[]" if connection.vendor == "postgresql" else "text"

    def from_db_value(self, value: Any, *_: Any) -> list[int]:
        """Return a list, however the database keeps it."""
        return json.loads(value) if isinstance(value, str) else list(value or ())

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:  # noqa: FBT001, FBT002 (Django's signature)
        """Return what the database takes."""
        del prepared
        return list(value) if connection.vendor == "postgresql" else json.dumps(list(value))


class Recipient(models.Model):
    """One person's place in one mailing. Numbers run from 1 without a gap, so that a chunk is a range.

    `merge` holds what splicing needs: `name`, `id` (the subscriber's public id, for links) and `topics`. There is no
    foreign key in the database: checking it would cost more than the row, and a subscriber's erasure must not wait
    for the ledger, which is emptied of personal data by `services.forget_subscriber`.
    """

    pk = models.CompositePrimaryKey("mailing_id", "number")
    mailing = models.ForeignKey(
        Mailing, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="recipients"
    )
    number = models.IntegerField()
    subscriber_id = models.BigIntegerField()
    address = models.CharField(max_length=254)
    merge = models.JSONField()
    state = models.SmallIntegerField(choices=Outcome, default=Outcome.PENDING)
    attempts = models.SmallIntegerField(default=0)
    smtp_code = models.SmallIntegerField(null=True)
    smtp_text = models.CharField(max_length=200, null=True)  # noqa: DJ001 (NULL costs the narrow row nothing)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mailing", "subscriber_id"], name="delivery_recipient_once")
        ]

    def __str__(self) -> str:
        return f"{self.mailing_id}/{self.number}"


class Chunk(models.Model):
    """What a sender takes at once. The counts are exact whenever no sender holds it, so progress costs a sum.

    `lane` is "" until a sender has given the chunk back with nothing left but recipients of one throttled domain.
    """

    pk = models.CompositePrimaryKey("mailing_id", "number")
    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, db_index=False, related_name="chunks")
    number = models.IntegerField()
    size = models.SmallIntegerField()
    state = models.SmallIntegerField(choices=ChunkState, default=ChunkState.FREE)
    lane = models.CharField(max_length=253, default="", blank=True)
    sender_id = models.BigIntegerField(null=True)
    accepted = models.SmallIntegerField(default=0)
    deferred = models.SmallIntegerField(default=0)
    rejected = models.SmallIntegerField(default=0)
    unknown = models.SmallIntegerField(default=0)
    suppressed = models.SmallIntegerField(default=0)
    closed = models.SmallIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["mailing", "lane", "number"],
                condition=Q(state=ChunkState.FREE),
                name="delivery_chunk_free",
            )
        ]

    def __str__(self) -> str:
        return f"{self.mailing_id}/{self.number}"


class Sender(models.Model):
    """A running sender: alive while its lease holds, answerable for who is on the wire.

    The row is new at each start and gone at each orderly end. If the lease runs out, whoever is in `on_wire` without
    an outcome becomes unknown, and nobody else.
    """

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="senders")
    lease_until = models.DateTimeField()
    on_wire = NumbersField(default=list)
    worker = models.CharField(max_length=120, blank=True, help_text="Host and main process of the worker it runs in.")
    stop = models.BooleanField(default=False, help_text="Asked to stop: no further body goes out.")
    started_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"sender {self.pk} of {self.mailing_id}"


class Deferral(models.Model):
    """A recipient the other side put off with a 4xx, until it is due again."""

    pk = models.CompositePrimaryKey("mailing_id", "number")
    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, db_index=False, related_name="deferrals")
    number = models.IntegerField()
    due_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["mailing", "due_at"], name="delivery_deferral_due")]

    def __str__(self) -> str:
        return f"{self.mailing_id}/{self.number} at {self.due_at:%H:%M}"
