"""Events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Coalesce
from django.utils import formats, timezone
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.models import PageManager, PageQuerySet

from content.pages import kinds
from content.pages.models import BasePage, BodyPage, Card
from content.pages.paging import one_page

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

PAST_EVENTS_A_PAGE = 24


class EventQuerySet(PageQuerySet):
    """Events as lists ask for them."""

    def upcoming(self, at: datetime | None = None) -> Self:
        """Events that have not ended at `at`, soonest first; without an end, an event ends when it starts."""
        at = at or timezone.now()
        return self.live().filter(_over_at__gt=at).order_by("starts_at")

    def past(self, at: datetime | None = None) -> Self:
        """Events that have ended at `at`, latest first."""
        at = at or timezone.now()
        return self.live().filter(_over_at__lte=at).order_by("-starts_at")


class EventManager(PageManager.from_queryset(EventQuerySet)):  # type: ignore[misc]
    """Events with the moment they are over."""

    def get_queryset(self) -> EventQuerySet:
        """Annotate the moment an event is over."""
        return super().get_queryset().annotate(_over_at=Coalesce("ends_at", "starts_at"))


class EventIndexPage(BasePage):
    """What is coming, soonest first, then what has been, page by page."""

    kind = kinds.SECTION
    takes_part_in_related = False
    max_count = 1
    subpage_types: ClassVar = ["events.EventPage"]

    content_panels: ClassVar = BasePage.content_panels[:2]

    class Meta:
        verbose_name = "list of events"
        verbose_name_plural = "lists of events"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the cards of upcoming events and one page of past ones; a page that does not exist is a 404."""
        context = super().get_context(request, *args, **kwargs)
        events = EventPage.objects.descendant_of(self)
        cards = Card.objects.visible_below(self, open_to_all=self.is_open_to_all).for_display()
        context["upcoming"] = cards.filter(page__in=events.upcoming().order_by()).order_by("page__eventpage__starts_at")
        past = cards.filter(page__in=events.past().order_by()).order_by("-page__eventpage__starts_at")
        context["past"] = one_page(past, request, PAST_EVENTS_A_PAGE)
        return context


class EventPage(BodyPage):
    """Something that happens at a time, in a place or online."""

    kind = kinds.EVENT
    has_authors = True
    parent_page_types: ClassVar = ["events.EventIndexPage"]
    subpage_types: ClassVar[list[str]] = []

    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    venue = models.CharField(max_length=200, blank=True)
    online_url = models.URLField(blank=True)
    registration_url = models.URLField(blank=True)
    price = models.CharField(max_length=80, blank=True, help_text="In words; empty says nothing.")

    objects = EventManager()

    content_panels: ClassVar = [
        *BodyPage.content_panels[:2],
        FieldRowPanel([FieldPanel("starts_at"), FieldPanel("ends_at")]),
        FieldPanel("venue"),
        FieldPanel("online_url"),
        FieldPanel("registration_url"),
        FieldPanel("price"),
        FieldPanel("body"),
        *BodyPage.author_panels,
        *BodyPage.classification_panels,
    ]

    class Meta:
        verbose_name = "event"
        verbose_name_plural = "events"

    def clean(self) -> None:
        """Refuse an end before the start."""
        super().clean()
        if self.starts_at and self.ends_at and self.ends_at < self.starts_at:
            raise ValidationError({"ends_at": "The event ends before it starts."})

    def full_clean(self, *args: object, **kwargs: object) -> None:
        """The date of an event's card is the day it starts, in the site's time zone."""
        if self.starts_at:
            self.published_on = timezone.localdate(self.starts_at)
        super().full_clean(*args, **kwargs)

    @property
    def card_date_text(self) -> str:
        """The day, or the days from first to last."""
        first = timezone.localdate(self.starts_at)
        last = timezone.localdate(self.ends_at) if self.ends_at else first
        if first == last:
            return formats.date_format(first, "j F Y")
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day} to {formats.date_format(last, 'j F Y')}"
        return f"{formats.date_format(first, 'j F Y')} to {formats.date_format(last, 'j F Y')}"
