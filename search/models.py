"""What search keeps in the database: what has changed, and which pages belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from wagtail.admin.panels import FieldPanel, FieldRowPanel, PageChooserPanel
from wagtail.models import Page

from search.desk.models import ClickCount as ClickCount  # noqa: PLC0414 (Django looks for models here)
from search.desk.models import IndexJob as IndexJob  # noqa: PLC0414 (as above)
from search.desk.models import QueryCount as QueryCount  # noqa: PLC0414 (as above)
from search.query import STOP_WORDS, folded_text, words_of

if TYPE_CHECKING:
    from datetime import datetime

MOST_SYNONYMS = 20
MOST_SYNONYM_WORDS = 6


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

    # Without constraints: a list that a worker writes while an editor deletes a page in it must not undo the deletion.
    # A row whose page is gone is never read, and goes when the worker hears of the deletion.
    page = models.ForeignKey(Page, on_delete=models.CASCADE, db_constraint=False, related_name="related_pages")
    related = models.ForeignKey(Page, on_delete=models.CASCADE, db_constraint=False, related_name="related_from")
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


class SynonymGroup(models.Model):
    """Words and phrases that readers use for the same thing; queries are expanded, so no rebuild is needed."""

    phrases = models.TextField(
        help_text="One word or phrase a line, for example “A&E”, “emergency department”, “casualty”."
    )

    panels: ClassVar = [FieldPanel("phrases")]

    class Meta:
        ordering: ClassVar = ["phrases"]

    def __str__(self) -> str:
        return ", ".join(self.as_list())

    def as_list(self) -> list[str]:
        """The phrases, without empty lines."""
        return [line.strip() for line in self.phrases.splitlines() if line.strip()]

    def clean(self) -> None:
        """Refuse a group that says nothing, or too much."""
        super().clean()
        phrases = self.as_list()
        if len({folded_text(phrase) for phrase in phrases} - {""}) < 2:  # noqa: PLR2004 (one word is no synonym)
            raise ValidationError(
                {"phrases": "Give at least two different words or phrases, each on a line of its own."}
            )
        if len(phrases) > MOST_SYNONYMS:
            raise ValidationError({"phrases": f"Give at most {MOST_SYNONYMS}: a search asks for all of them at once."})
        for phrase in phrases:
            words = words_of(phrase)
            if not words:
                raise ValidationError({"phrases": f"There is no word in “{phrase}”."})
            if len(words) > MOST_SYNONYM_WORDS:
                raise ValidationError({"phrases": f"“{phrase}” is longer than {MOST_SYNONYM_WORDS} words."})
            if all(word.casefold() in STOP_WORDS for word in words):
                raise ValidationError({"phrases": f"“{phrase}” has only words that search leaves out."})


class BestBetQuerySet(models.QuerySet["BestBet"]):
    """Best bets as the search page asks for them."""

    def current(self, at: datetime | None = None) -> Self:
        """Those in force at `at`."""
        at = at or timezone.now()
        return self.filter(
            models.Q(starts_at=None) | models.Q(starts_at__lte=at), models.Q(ends_at=None) | models.Q(ends_at__gt=at)
        )


class BestBet(models.Model):
    """A page that editors put first for certain searches, for a time or for good."""

    queries = models.TextField(help_text="The searches it answers, one a line, as readers type them.")
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="best_bets")
    starts_at = models.DateTimeField(null=True, blank=True, help_text="Empty: from now on.")
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Empty: until it is removed.")
    folded = models.TextField(editable=False, default="")

    panels: ClassVar = [
        FieldPanel("queries"),
        PageChooserPanel("page"),
        FieldRowPanel([FieldPanel("starts_at"), FieldPanel("ends_at")]),
    ]
    objects = models.Manager.from_queryset(BestBetQuerySet)()

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.page} for {', '.join(self.queries.split(chr(10))[:3])}"

    def clean(self) -> None:
        """Refuse dates that never hold, and searches without words."""
        super().clean()
        if not any(folded_text(line) for line in self.queries.splitlines()):
            raise ValidationError({"queries": "Give at least one search, as readers type it."})
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": "The best bet ends before it starts."})

    @property
    def state(self) -> str:
        """Whether it is in force now, in words."""
        now = timezone.now()
        if self.ends_at and self.ends_at <= now:
            return "Over"
        if self.starts_at and self.starts_at > now:
            return "Not yet"
        return "In force" if self.page.live else "In force, but its page is not published"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the searches in the form in which typed ones are compared, each between line ends."""
        lines = [folded_text(line) for line in self.queries.splitlines()]
        self.folded = "\n" + "\n".join(filter(None, lines)) + "\n"
        super().save(*args, **kwargs)


class RelatedChoice(models.Model):
    """An editor's word on a page's related list: a page that always stands in it, or never."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="related_choices")
    related = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+")
    is_banned = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["page", "position", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=("page", "related"), name="one_choice_a_related_page")]

    def __str__(self) -> str:
        return f"{self.page_id} {'never' if self.is_banned else 'always'} {self.related_id}"


class MeaningSource(models.TextChoices):
    """Where vectors come from."""

    LATENT = "latent", "the site's own words (latent semantic analysis)"
    SENTENCES = "sentences", "a sentence model"


class FittedModel(models.Model):
    """A space of meaning: of what latent semantic analysis has learnt from the site, or of a sentence model.

    One of each source is in use at most; `identity` names a sentence model's files.
    """

    source = models.CharField(max_length=16, choices=MeaningSource, default=MeaningSource.LATENT)
    identity = models.CharField(max_length=64, blank=True, default="")
    is_current = models.BooleanField(default=False)
    fitted_on = models.PositiveIntegerField()
    fitted_at = models.DateTimeField(auto_now_add=True)
    packed = models.BinaryField()

    def __str__(self) -> str:
        return f"model {self.pk} of {self.fitted_on} documents"


class DocumentVector(models.Model):
    """Where a document lies in a space: 16-bit floats, nothing for a document that is gone.

    `fingerprint` is of the text that was read, where reading it again would cost much.
    """

    model = models.ForeignKey(FittedModel, on_delete=models.CASCADE, related_name="vectors")
    key = models.CharField(max_length=64)
    packed = models.BinaryField()
    fingerprint = models.CharField(max_length=32, blank=True, default="")
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=("model", "key"), name="one_vector_a_document")]
        indexes: ClassVar = [models.Index(fields=["model", "changed_at"], name="vectors_changed")]

    def __str__(self) -> str:
        return self.key


class FileText(models.Model):
    """What a PDF says, page by page, as it was read from the file named `of_file`; `problem` is for editors."""

    document = models.OneToOneField(
        settings.WAGTAILDOCS_DOCUMENT_MODEL, on_delete=models.CASCADE, related_name="search_text"
    )
    of_file = models.CharField(max_length=255)
    pages = models.JSONField(default=list)
    problem = models.CharField(max_length=200, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.of_file}, {len(self.pages)} pages"
