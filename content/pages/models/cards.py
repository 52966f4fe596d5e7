"""A card a page: what a mixed list needs, in one table, so that any list is one query."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction

from content.pages.dates import DatePrecision, in_words
from content.pages.kinds import KINDS, STANDARD, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class CardQuerySet(models.QuerySet["Card"]):
    """Cards as lists ask for them."""

    def visible(self, at: datetime | None = None) -> Self:
        """Cards of pages that any reader may open at `at`, to the second; nothing behind a view restriction."""
        return self.published(at).filter(restricted=False)

    def published(self, at: datetime | None = None) -> Self:
        """Cards of pages that are out at `at`, to the second, for readers who may open them."""
        at = at or timezone.now()
        return self.filter(
            models.Q(visible_from=None) | models.Q(visible_from__lte=at),
            models.Q(visible_to=None) | models.Q(visible_to__gt=at),
            page__live=True,
        )

    def visible_below(self, page: Page, *, open_to_all: bool) -> Self:
        """Cards under `page` that whoever reads `page` may open, at any depth.

        What is under a restricted page (`open_to_all` is false) is for those who were let in to it, but for what is
        restricted again: one query more.
        """
        if open_to_all:
            return self.visible().below(page)
        cards = self.published().below(page)
        inner = PageViewRestriction.objects.filter(page__path__startswith=page.path, page__depth__gt=page.depth)
        for path in inner.values_list("page__path", flat=True):
            cards = cards.exclude(page__path__startswith=path)
        return cards

    def of_kinds(self, *kinds: Kind) -> Self:
        """Cards of these kinds."""
        return self.filter(kind__in=[kind.key for kind in kinds])

    def below(self, page: Page) -> Self:
        """Cards of the pages under `page`, at any depth."""
        return self.filter(page__path__startswith=page.path, page__depth__gt=page.depth)

    def in_topics(self, topic_ids: Sequence[int]) -> Self:
        """Cards of pages about any of these topics."""
        return self.filter(page__page_topics__topic_id__in=topic_ids).distinct()

    def newest_first(self) -> Self:
        """Newest first; undated last; a stable order for paging."""
        return self.order_by(models.F("published_on").desc(nulls_last=True), "-page_id")

    def for_display(self) -> Self:
        """With what a card's template reads, so that a list is one query whatever its length."""
        return self.select_related("page", "cover").defer("page__search_description")


def is_restricted(path: str) -> bool:
    """Whether the page at this tree path, or one above it, is closed to some readers: one query."""
    above = [path[:end] for end in range(Page.steplen, len(path) + 1, Page.steplen)]
    return PageViewRestriction.objects.filter(page__path__in=above).exists()


def keep_restrictions(path: str) -> None:
    """Write into the cards at and under this tree path whether they are restricted, as the restrictions are now."""
    cards = Card.objects.filter(page__path__startswith=path)
    if is_restricted(path):
        cards.update(restricted=True)
        return
    closed = models.Q(pk__in=())
    for below in PageViewRestriction.objects.filter(page__path__startswith=path).values_list("page__path", flat=True):
        closed |= models.Q(page__path__startswith=below)
    cards.exclude(closed).update(restricted=False)
    cards.filter(closed).update(restricted=True)


class Card(models.Model):
    """The published face of a page; rewritten whenever the page is saved, never edited by itself."""

    page = models.OneToOneField(Page, on_delete=models.CASCADE, primary_key=True, related_name="card")
    kind = models.CharField(max_length=24, db_index=True)
    title = models.CharField(max_length=255)
    summary = models.TextField(blank=True)
    published_on = models.DateField(null=True, db_index=True)
    date_precision = models.CharField(max_length=5, choices=DatePrecision, default=DatePrecision.DAY)
    date_text = models.CharField(
        max_length=80, blank=True, help_text="Shown instead of the date: an event's days, a vacancy's closing date."
    )
    cover = models.ForeignKey(
        settings.WAGTAILIMAGES_IMAGE_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    visible_from = models.DateTimeField(null=True)
    visible_to = models.DateTimeField(null=True)
    restricted = models.BooleanField(default=False)
    """The page or one above it has a view restriction; kept by `content.pages.signals`."""

    objects = models.Manager.from_queryset(CardQuerySet)()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["kind", "-published_on"], name="card_kind_newest")]

    def __str__(self) -> str:
        return self.title

    def is_visible(self, at: datetime | None = None) -> bool:
        """Whether a reader may open the page at `at`; what `visible()` asks the database, for a card at hand."""
        at = at or timezone.now()
        started = self.visible_from is None or self.visible_from <= at
        ended = self.visible_to is not None and self.visible_to <= at
        return self.page.live and not self.restricted and started and not ended

    @property
    def kind_object(self) -> Kind:
        """Label, plural and hue of the card's kind."""
        return KINDS.get(self.kind, STANDARD)

    @property
    def label(self) -> str:
        """The eyebrow."""
        return self.kind_object.label

    @property
    def hue(self) -> str:
        """The identity's hue for this kind."""
        return self.kind_object.hue

    @property
    def url(self) -> str:
        """The page's path on the site, without a query: the first component of `url_path` is the home page's."""
        return "/" + self.page.url_path.removeprefix("/").partition("/")[2]

    @property
    def full_url(self) -> str:
        """The page's absolute address."""
        return f"{settings.SITE_URL}{self.url}"

    @property
    def when(self) -> str:
        """The date in words: "4 November 2026", "April 2021", or the page's own words."""
        return self.date_text or in_words(self.published_on, self.date_precision)
