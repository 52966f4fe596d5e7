"""Vacancies: open from a moment until just before another, exact to the second."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import formats, timezone
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.models import PageManager, PageQuerySet

from content.organisation.memory import forget
from content.pages import kinds
from content.pages.models import BasePage, BodyPage

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest


OPEN_COUNT_KEY = "vacancies:open:1"
"""Where `selectors.open_vacancy_count` is remembered."""


class VacancyQuerySet(PageQuerySet):
    """Vacancies as lists and alerts ask for them."""

    def open(self, at: datetime | None = None) -> Self:
        """Vacancies anybody can apply for at `at`, to the second; the closing moment itself is closed."""
        at = at or timezone.now()
        return self.unfilled().filter(opens_at__lte=at, closes_at__gt=at)

    def unfilled(self) -> Self:
        """Published, neither filled nor withdrawn, and behind no view restriction; whatever the dates."""
        return self.live().filter(card__restricted=False, filled_at=None, withdrawn_at=None)

    def closing_within(self, days: int, at: datetime | None = None) -> Self:
        """Open vacancies whose closing moment is at most `days` days away."""
        at = at or timezone.now()
        return self.open(at).filter(closes_at__lte=at + timedelta(days=days))

    def soonest_first(self) -> Self:
        """The one that closes first comes first."""
        return self.order_by("closes_at", "title")


class VacancyIndexPage(BasePage):
    """The list of open vacancies."""

    kind = kinds.SECTION
    takes_part_in_related = False
    max_count = 1
    subpage_types: ClassVar = ["vacancies.VacancyPage"]

    text_when_empty = models.TextField(
        default="No role is open at the moment. Subscribe to a newsletter, and we will write when one is.",
    )

    content_panels: ClassVar = [*BasePage.content_panels[:2], FieldPanel("text_when_empty")]

    class Meta:
        verbose_name = "list of vacancies"
        verbose_name_plural = "lists of vacancies"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the open vacancies, soonest closing first."""
        context = super().get_context(request, *args, **kwargs)
        context["vacancies"] = VacancyPage.objects.descendant_of(self).open().soonest_first().select_related("employer")
        return context


class VacancyPage(BodyPage):
    """A job one can apply for until it closes; afterwards its address stays and says so."""

    kind = kinds.VACANCY
    takes_part_in_related = False
    parent_page_types: ClassVar = ["vacancies.VacancyIndexPage"]
    subpage_types: ClassVar[list[str]] = []

    reference = models.CharField(max_length=40, blank=True)
    employer = models.ForeignKey(
        "people.Profile", null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        help_text="Empty: our own organisation.",
    )  # fmt: skip
    location = models.CharField(max_length=160)
    salary = models.CharField(max_length=120, help_text="In words, for example “£36,400 to £39,100 a year”.")
    contract = models.CharField(max_length=120, blank=True, help_text="Permanent, two years…")
    hours = models.CharField(max_length=120, blank=True, help_text="37.5 hours, part time possible…")
    opens_at = models.DateTimeField(default=timezone.now)
    closes_at = models.DateTimeField(help_text="From this moment on nobody can apply.")
    filled_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    interviews = models.CharField(max_length=120, blank=True, help_text="When interviews are, in words.")
    apply_url = models.URLField(blank=True)
    apply_email = models.EmailField(blank=True)

    objects = PageManager.from_queryset(VacancyQuerySet)()

    content_panels: ClassVar = [
        *BodyPage.content_panels[:2],
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("location"), FieldPanel("salary")]),
                FieldRowPanel([FieldPanel("contract"), FieldPanel("hours")]),
                FieldRowPanel([FieldPanel("reference"), FieldPanel("employer")]),
            ],
            heading="The job",
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("opens_at"), FieldPanel("closes_at")]),
                FieldRowPanel([FieldPanel("filled_at"), FieldPanel("withdrawn_at")]),
                FieldPanel("interviews"),
                FieldRowPanel([FieldPanel("apply_url"), FieldPanel("apply_email")]),
            ],
            heading="Applying",
        ),
        FieldPanel("body"),
        *BodyPage.classification_panels,
    ]

    class Meta:
        verbose_name = "vacancy"
        verbose_name_plural = "vacancies"

    def clean(self) -> None:
        """Refuse a vacancy that closes before it opens, or that nobody can apply for."""
        super().clean()
        if self.opens_at and self.closes_at and self.closes_at <= self.opens_at:
            raise ValidationError({"closes_at": "The vacancy closes before it opens."})
        if not self.apply_url and not self.apply_email:
            raise ValidationError({"apply_url": "Give an address or an email for applications."})

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        """A vacancy's date is the day it opens."""
        if self.opens_at:
            self.published_on = timezone.localdate(self.opens_at)
        super().full_clean(*args, **kwargs)

    def save(self, *args: Any, **kwargs: Any) -> Any:
        """Save, and let the open vacancies be counted again."""
        result = super().save(*args, **kwargs)
        forget(OPEN_COUNT_KEY)
        return result

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Delete, and let the open vacancies be counted again."""
        result = super().delete(*args, **kwargs)
        forget(OPEN_COUNT_KEY)
        return result

    @property
    def visible_from(self) -> datetime | None:
        """Readers see a vacancy from when it opens, or from its scheduled publication if that is later."""
        return max(filter(None, (self.go_live_at, self.opens_at)))

    def is_open(self, at: datetime | None = None) -> bool:
        """Whether a person can apply at `at`."""
        at = at or timezone.now()
        return (
            self.live and self.opens_at <= at < self.closes_at and self.filled_at is None and self.withdrawn_at is None
        )

    @property
    def state(self) -> str:
        """One of "scheduled", "open", "closed", "filled", "withdrawn", as of now."""
        if self.withdrawn_at:
            return "withdrawn"
        if self.filled_at:
            return "filled"
        now = timezone.now()
        if now < self.opens_at:
            return "scheduled"
        return "open" if now < self.closes_at else "closed"

    @property
    def card_date_text(self) -> str:
        """The closing day."""
        return f"Closes {formats.date_format(timezone.localtime(self.closes_at), 'j F Y')}"
