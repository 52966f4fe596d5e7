"""What every page of the site is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urljoin

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models, transaction
from django.http import Http404
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import camel_case_to_spaces
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Orderable, Page, PageViewRestriction

from content.blocks.library import BodyStreamBlock
from content.blocks.references import PooledStreamValue
from content.pages import kinds
from content.pages.dates import DatePrecision, in_words
from content.pages.documents import Document
from content.pages.text import plain_text, reading_minutes

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from content.media.models import CourantImage
    from content.pages.models.cards import Card
    from content.people.models import Profile
    from content.topics.models import Topic

SUMMARY_LENGTH = 400
REVISION_BOOKKEEPING = {
    "draft_title",
    "first_published_at",
    "has_unpublished_changes",
    "last_published_at",
    "latest_revision",
    "latest_revision_created_at",
    "live",
    "live_revision",
    "locked",
    "locked_at",
    "locked_by",
    "search_description",
}
"""Fields a card does not show; saving only these leaves it alone."""


class PageTopic(Orderable):
    """A page is about a topic; the first is the main one.

    A through table on `wagtailcore.Page`, so that drafts, publishing, copying and one-query listings work for
    every page type.
    """

    page = ParentalKey(Page, on_delete=models.CASCADE, related_name="page_topics")
    topic = models.ForeignKey("topics.Topic", on_delete=models.CASCADE, related_name="page_topics")

    panels: ClassVar = [FieldPanel("topic")]

    class Meta(Orderable.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=("page", "topic"), name="one_topic_once_a_page")]

    def __str__(self) -> str:
        return f"{self.page_id} about {self.topic_id}"


class PageAuthor(Orderable):
    """Somebody wrote a page; the order is the byline's."""

    page = ParentalKey(Page, on_delete=models.CASCADE, related_name="page_authors")
    profile = models.ForeignKey("people.Profile", on_delete=models.CASCADE, related_name="page_authors")

    panels: ClassVar = [FieldPanel("profile")]

    class Meta(Orderable.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=("page", "profile"), name="one_author_once_a_page")]

    def __str__(self) -> str:
        return f"{self.page_id} by {self.profile_id}"


class BasePage(Page):
    """Summary, card, date, social fields, topics, authors, owner and review date, and what follows from them.

    A concrete page says its `kind`, and whether it has authors, is dated and takes part in related lists; it may
    override `card_date_text`, `visible_from`, `visible_to` and `document_body`.
    """

    kind: ClassVar[kinds.Kind] = kinds.STANDARD
    has_authors: ClassVar[bool] = False
    takes_part_in_related: ClassVar[bool] = True
    is_dated: ClassVar[bool] = False

    summary = models.TextField(
        blank=True,
        max_length=SUMMARY_LENGTH,
        validators=[MaxLengthValidator(SUMMARY_LENGTH)],
        help_text="One or two sentences: shown on cards, in search results and in newsletters.",
    )
    published_on = models.DateField("date", null=True, blank=True, help_text="The date readers see.")
    date_precision = models.CharField("date shown as", max_length=5, choices=DatePrecision, default=DatePrecision.DAY)
    edition = models.CharField(max_length=60, blank=True, help_text="For example “third edition”.")
    card_title = models.CharField(max_length=120, blank=True, help_text="A shorter title for cards, if needed.")
    card_image = models.ForeignKey(
        settings.WAGTAILIMAGES_IMAGE_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Without one, a cover is drawn.",
    )
    social_title = models.CharField(max_length=120, blank=True)
    social_description = models.CharField(max_length=300, blank=True)
    content_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    review_on = models.DateField(null=True, blank=True, help_text="When somebody should look whether it is still true.")

    content_panels: ClassVar = [
        *Page.content_panels,
        FieldPanel("summary"),
        FieldRowPanel([FieldPanel("published_on"), FieldPanel("date_precision"), FieldPanel("edition")]),
    ]
    classification_panels: ClassVar = [InlinePanel("page_topics", heading="Topics", label="Topic")]
    author_panels: ClassVar = [InlinePanel("page_authors", heading="Authors", label="Author")]
    promote_panels: ClassVar = [
        *Page.promote_panels,
        MultiFieldPanel([FieldPanel("card_title"), FieldPanel("card_image")], heading="Card"),
        MultiFieldPanel([FieldPanel("social_title"), FieldPanel("social_description")], heading="When shared"),
        MultiFieldPanel([FieldPanel("content_owner"), FieldPanel("review_on")], heading="Care"),
    ]

    class Meta:
        abstract = True

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> Any:
        """Save the page and its card together; the search outbox row joins by `post_save`, in this transaction.

        A draft is saved by writing only the bookkeeping of its revision (`update_fields`) from an instance that
        holds the draft's words: then the card must not be taken from the instance. A dated page that goes live
        without a date gets the day it was first published, or lists of the newest would never show it.
        """
        if self.is_dated and self.live and self.published_on is None:
            self.published_on = timezone.localdate(self.first_published_at)
        result = super().save(*args, **kwargs)
        update_fields = kwargs.get("update_fields")
        if update_fields is None:
            self.save_card()
        elif not set(update_fields) <= REVISION_BOOKKEEPING:
            type(self)._default_manager.get(pk=self.pk).save_card()  # noqa: SLF001 (Django's documented name)
        return result

    @transaction.atomic
    def move(self, *args: Any, **kwargs: Any) -> None:
        """Move in one transaction, so that what hears of the move is undone with it."""
        super().move(*args, **kwargs)

    @transaction.atomic
    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Delete in one transaction, so that what hears of it is undone with it."""
        return super().delete(*args, **kwargs)

    def get_template(self, request: HttpRequest, *args: Any, **kwargs: Any) -> str:
        """Return `pages/<app>/<model in snake case>.html`; templates mirror their class."""
        del request, args, kwargs
        return f"pages/{self._meta.app_label}/{camel_case_to_spaces(type(self).__name__).replace(' ', '_')}.html"

    def get_preview_template(self, request: HttpRequest, mode_name: str) -> str:
        """Preview with the template readers get."""
        del mode_name
        return self.get_template(request)

    @property
    def visible_from(self) -> datetime | None:
        """From when readers may see the page, once it is live."""
        return self.go_live_at

    @property
    def visible_to(self) -> datetime | None:
        """Until just before when readers may see the page."""
        return self.expire_at

    def is_visible(self, at: datetime | None = None) -> bool:
        """Whether a reader may open the page at `at`; exact to the second, whatever jobs have run."""
        at = at or timezone.now()
        start, end = self.visible_from, self.visible_to
        return self.live and (start is None or start <= at) and (end is None or at < end)

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer 404 for what has expired, even before the sweep has unpublished it."""
        if not self.is_visible():
            raise Http404
        return super().serve(request, *args, **kwargs)

    @property
    def path_on_site(self) -> str:
        """The path readers use, from `url_path` alone: no query."""
        return "/" + self.url_path.removeprefix("/").partition("/")[2]

    is_open_to_all = False
    """Set while routing when neither the page nor one above has a view restriction, so that nobody asks again."""

    @cached_property
    def lineage(self) -> list[Page]:
        """The pages above, home first; filled while routing, otherwise one query."""
        return list(self.get_ancestors().filter(depth__gt=1).order_by("depth"))

    @cached_property
    def ordered_authors(self) -> list[Profile]:
        """The authors in the byline's order: one query; none where the type has no authors or the page no row."""
        if not self.has_authors:
            return []
        links = self.page_authors.all() if self.pk is None else self.page_authors.select_related("profile")
        return [link.profile for link in links]

    @cached_property
    def ordered_topics(self) -> list[Topic]:
        """The topics, the main one first: one query."""
        links = self.page_topics.all() if self.pk is None else self.page_topics.select_related("topic")
        return [link.topic for link in links]

    def get_view_restrictions(self) -> QuerySet[PageViewRestriction]:
        """The restrictions of this page and those above; no query where routing has seen that there are none."""
        if self.is_open_to_all:
            return PageViewRestriction.objects.none()
        return super().get_view_restrictions()

    @property
    def canonical_url(self) -> str:
        """The absolute address that search engines and feeds should keep."""
        return urljoin(settings.SITE_URL, self.path_on_site)

    @property
    def card_picture(self) -> CourantImage | None:
        """The editor's image for cards and link previews; None where a cover is drawn."""
        return self.card_image

    @property
    def when(self) -> str:
        """The date in words, as on the page: "4 November 2026" or "April 2021"."""
        return in_words(self.published_on, self.date_precision)

    @property
    def card_date_text(self) -> str:
        """Words for the card instead of its date; "" for the date."""
        return ""

    def save_card(self) -> Card:
        """Write the page's card from its saved fields."""
        from content.pages.models.cards import Card, is_restricted  # noqa: PLC0415 (cards point at pages)

        card, _ = Card.objects.update_or_create(
            page_id=self.pk,
            defaults={
                "kind": self.kind.key,
                "title": self.card_title or self.title,
                "summary": self.summary,
                "published_on": self.published_on,
                "date_precision": self.date_precision,
                "date_text": self.card_date_text,
                "cover_id": self.card_image_id,
                "visible_from": self.visible_from,
                "visible_to": self.visible_to,
                "restricted": is_restricted(self.path),
            },
        )
        return card

    def document_body(self) -> str:
        """The page's running text, plain, for search and reading time; "" when it has none."""
        return ""

    def document_key_points(self) -> str:
        """The sentences an editor marked as key, plain, for search; "" when there are none."""
        return ""

    @property
    def document_group(self) -> str:
        """Pages of one group never recommend one another (a guide and its chapters); "" for a group of its own."""
        return ""

    def search_document(self) -> Document:
        """What search knows of this page, as the database is now; reads topics and authors (prefetched in bulk)."""
        topics = [link.topic for link in self.page_topics.all()]
        return Document(
            key=f"page:{self.pk}",
            kind=self.kind.key,
            title=self.title,
            url=self.path_on_site,
            summary=self.summary,
            key_points=self.document_key_points(),
            body=self.document_body(),
            topics=tuple(topic.pk for topic in topics),
            topic_names=tuple(topic.name for topic in topics),
            authors=tuple(link.profile.name for link in self.page_authors.all()),
            published_on=self.published_on,
            live_from=self.visible_from,
            live_to=self.visible_to,
            related=self.takes_part_in_related,
            group=self.document_group,
        )

    @property
    def reading_time(self) -> int:
        """Minutes a reader needs, at 220 words a minute; 0 when there is nothing to read."""
        return reading_minutes(self.document_body())


class BodyPage(BasePage):
    """A page with a body of blocks."""

    body = StreamField(BodyStreamBlock(), blank=True)

    content_panels: ClassVar = [*BasePage.content_panels, FieldPanel("body")]

    class Meta:
        abstract = True

    @property
    def card_picture(self) -> CourantImage | None:
        """The editor's image, fetched together with those of the body."""
        if self.card_image_id is None or not isinstance(self.body, PooledStreamValue):
            return self.card_image
        self.body.references.ids.images.add(self.card_image_id)
        return self.body.references.images.get(self.card_image_id) or self.card_image

    def document_body(self) -> str:
        """The text of all blocks."""
        return plain_text(self.body)

    def document_key_points(self) -> str:
        """The text of the blocks that list key points or challenges."""
        return plain_text(self.body, only=("key_points", "challenges"))
