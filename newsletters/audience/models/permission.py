"""The record of permission: what somebody was asked, in which words, and what they answered. It only grows."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar, NoReturn

from django.db import models


class Ground(models.TextChoices):
    """Why the mail may be sent at all: the Privacy and Electronic Communications Regulations 2003, reg. 22."""

    CONSENT = "consent", "Consent (reg. 22(2))"
    SOFT_OPT_IN = "soft_opt_in", "Soft opt-in of a customer (reg. 22(3))"
    CHARITABLE_SOFT_OPT_IN = "charitable", "Charitable soft opt-in (reg. 22(3A), from 5 February 2026)"
    SOLICITED = "solicited", "Asked for by the recipient (not unsolicited)"
    CORPORATE = "corporate", "Corporate subscriber's address (outside reg. 22)"


class Basis(models.TextChoices):
    """Why the personal data may be used: UK GDPR Art. 6(1). Apart from the ground: one can hold without the other."""

    CONSENT = "consent", "Consent (Art. 6(1)(a))"
    CONTRACT = "contract", "Contract (Art. 6(1)(b))"
    PUBLIC_TASK = "public_task", "Public task (Art. 6(1)(e))"
    LEGITIMATE_INTERESTS = "legitimate", "Legitimate interests (Art. 6(1)(f))"


class Event(models.TextChoices):
    """What happened."""

    REQUESTED = "requested", "Asked on a form"
    CONFIRMED = "confirmed", "Confirmed by the link in the mail"
    IMPORTED = "imported", "Imported with an attestation"
    CHANGED = "changed", "Chosen in the preference centre"
    RENEWED = "renewed", "Unsubscription undone by the subscriber"
    WITHDRAWN = "withdrawn", "Withdrawn by the subscriber"
    OBJECTED = "objected", "Reported as spam"
    ENDED = "ended", "Ended by an operator or a bounce"
    ERASED = "erased", "Data erased at the subscriber's request"


GRANTING = frozenset({Event.CONFIRMED, Event.IMPORTED, Event.CHANGED, Event.RENEWED})


class Evidence(models.TextChoices):
    """How we know."""

    FIRST_HAND = "first_hand", "First-hand: this system saw it"
    ATTESTED = "attested", "Attested by whoever imported it"


class AppendOnlyError(TypeError):
    """Somebody tried to change or remove what may only be added."""


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """A queryset that adds and reads, nothing else."""

    def update(self, **_: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError(f"{self.model.__name__} is append-only: add a row that says what changed")

    def delete(self) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError(f"{self.model.__name__} is append-only: rows are never removed")

    def bulk_update(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError(f"{self.model.__name__} is append-only: add a row that says what changed")


class AppendOnlyModel(models.Model):
    """Rows are added, never changed and never removed, by code (here) or by SQL (`append_only.install_triggers`)."""

    objects = models.Manager.from_queryset(AppendOnlyQuerySet)()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert; a row that exists is refused."""
        if not self._state.adding:
            raise AppendOnlyError(f"{type(self).__name__} is append-only: add a row that says what changed")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError(f"{type(self).__name__} is append-only: rows are never removed")


class Wording(AppendOnlyModel):
    """One text that people were shown when they were asked, kept word for word. A new text is a new version."""

    class Kind(models.TextChoices):
        """Where it was shown."""

        SIGN_UP = "sign_up", "Sign-up form"
        PREFERENCES = "preferences", "Preference centre"
        IMPORT = "import", "Attestation of an import"

    kind = models.CharField(max_length=12, choices=Kind)
    version = models.PositiveIntegerField()
    text = models.TextField()
    digest = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["kind", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "version"], name="audience_wording_version"),
            models.UniqueConstraint(fields=["kind", "digest"], name="audience_wording_text"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.version}"

    @staticmethod
    def digest_of(text: str) -> str:
        """The SHA-256 of a text, by which a form says which wording it showed."""
        return hashlib.sha256(text.encode()).hexdigest()


class PermissionRecord(AppendOnlyModel):
    """One event in the history of what one person allows one list.

    It holds no address, no name and no IP address, and knows the person only by `subscriber_public_id`: so it can
    stay, as proof, when the person's data are erased. An IP address would prove little (the confirmed link proves
    that the mailbox's owner acted) and could not be erased from a table that only grows.
    """

    subscriber_public_id = models.UUIDField(db_index=True)
    mailing_list = models.ForeignKey(
        "audience.MailingList", on_delete=models.PROTECT, related_name="permission_records"
    )
    event = models.CharField(max_length=10, choices=Event)
    ground = models.CharField(max_length=12, choices=Ground)
    basis = models.CharField(max_length=12, choices=Basis)
    purpose = models.CharField(max_length=300)
    wording = models.ForeignKey(Wording, null=True, on_delete=models.PROTECT, related_name="+")
    evidence = models.CharField(max_length=10, choices=Evidence, default=Evidence.FIRST_HAND)
    attestation = models.TextField(blank=True, help_text="For imports: who says where the permission comes from.")
    page_address = models.CharField(max_length=300, blank=True, help_text="Path of the page where it happened.")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["at", "pk"]
        indexes: ClassVar = [models.Index(fields=["mailing_list", "at"], name="audience_permission_list")]

    def __str__(self) -> str:
        return f"{self.get_event_display()} ({self.at:%Y-%m-%d})"

    @property
    def grants(self) -> bool:
        """Whether mailing may rest on this record."""
        return self.event in GRANTING
