"""Events."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import formats, timezone
from wagtail.admin.panels import FieldPanel, FieldRowPanel

from content.pages import kinds
from content.pages.models import BodyPage


class EventPage(BodyPage):
    """Something that happens at a time, in a place or online."""

    kind = kinds.EVENT
    has_authors = True
    parent_page_types: ClassVar = ["pages.SectionPage"]
    subpage_types: ClassVar[list[str]] = []

    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    venue = models.CharField(max_length=200, blank=True)
    online_url = models.URLField(blank=True)
    registration_url = models.URLField(blank=True)
    price = models.CharField(max_length=80, blank=True, help_text="In words; empty says nothing.")

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
