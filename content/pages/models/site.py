"""The pages every site has: home, sections, standard pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.http import Http404
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, PageChooserPanel
from wagtail.models import Page, PageViewRestriction

from content.organisation.memory import forget
from content.pages import kinds
from content.pages.models.base import BasePage, BodyPage
from content.pages.models.cards import Card, CardQuerySet
from content.pages.paging import one_page

if TYPE_CHECKING:
    from django.http import HttpRequest
    from wagtail.url_routing import RouteResult

SITE_KEY = "pages:site:1"
"""Where the site and its home page are remembered between requests."""


class HomePage(BasePage):
    """The front page: one lead, what is new, the sign-up and the panels."""

    kind = kinds.HOME
    takes_part_in_related = False
    max_count = 1
    parent_page_types: ClassVar = ["wagtailcore.Page"]

    lead_page = models.ForeignKey(Page, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    lead_text = models.TextField(blank=True, help_text="Under the lead's title; its summary when empty.")
    lead_button = models.CharField(max_length=40, blank=True, default="Read more")

    content_panels: ClassVar = [
        *Page.content_panels,
        FieldPanel("summary"),
        MultiFieldPanel(
            [PageChooserPanel("lead_page"), FieldPanel("lead_text"), FieldPanel("lead_button")], heading="Lead"
        ),
    ]

    class Meta:
        verbose_name = "home page"
        verbose_name_plural = "home pages"

    def save(self, *args: Any, **kwargs: Any) -> Any:
        """Save, and let the home page be read again."""
        result = super().save(*args, **kwargs)
        forget(SITE_KEY)
        return result

    def route(self, request: HttpRequest, path_components: list[str]) -> RouteResult:
        """Find the page by its whole path in one query, where Wagtail asks twice for every level.

        A page that is not there under exactly this path may still be served by an ancestor with routes of its
        own, so the longest ancestor is asked, as Wagtail would. The same query finds the pages above, for the
        breadcrumbs, and whether any of them is restricted, which Wagtail would ask twice for.
        """
        if not path_components:
            restricted = PageViewRestriction.objects.filter(page_id=self.pk).exists()
            self.lineage, self.is_open_to_all = [], not restricted and self.alias_of_id is None
            return super().route(request, path_components)
        paths = [
            self.url_path,
            *(self.url_path + "/".join(path_components[:count]) + "/" for count in range(1, len(path_components) + 1)),
        ]
        restriction = PageViewRestriction.objects.filter(page_id=models.OuterRef("pk"))
        lineage = list(
            Page.objects.filter(url_path__in=paths, path__startswith=self.path)
            .annotate(has_restriction=models.Exists(restriction))
            .order_by("depth")
        )
        if len(lineage) <= 1:
            raise Http404
        page = lineage[-1].specific
        page.lineage = lineage[:-1]
        page.is_open_to_all = not any(above.has_restriction or above.alias_of_id for above in lineage)
        return page.route(request, path_components[page.depth - self.depth :])

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the lead's card and the newest articles, which never repeat the lead."""
        context = super().get_context(request, *args, **kwargs)
        lead = (
            Card.objects.visible().filter(page_id=self.lead_page_id).for_display().first()
            if self.lead_page_id
            else None
        )
        newest = Card.objects.visible().of_kinds(*kinds.ARTICLE_KINDS).newest_first().for_display()
        newest_cards = [card for card in newest[:9] if lead is None or card.pk != lead.pk][:8]
        context.update(lead=lead, newest=newest_cards)
        return context


class SectionPage(BasePage):
    """A part of the site: an introduction and the cards of what is below it, newest first or in the editor's order."""

    class Order(models.TextChoices):
        """How a section lists its pages."""

        NEWEST = "newest", "Newest first"
        TREE = "tree", "In the order of the page tree"
        TITLE = "title", "By title"

    kind = kinds.SECTION
    takes_part_in_related = False

    order = models.CharField(max_length=6, choices=Order, default=Order.NEWEST)

    content_panels: ClassVar = [*Page.content_panels, FieldPanel("summary"), FieldPanel("order")]

    class Meta:
        verbose_name = "section"
        verbose_name_plural = "sections"

    def cards(self) -> CardQuerySet:
        """The cards this section lists: everything below it that stands by itself (chapters do not)."""
        cards = Card.objects.visible_below(self, open_to_all=self.is_open_to_all).exclude(
            kind__in=[kinds.CHAPTER.key, kinds.SECTION.key]
        )
        if self.order == self.Order.TREE:
            return cards.order_by("page__path")
        if self.order == self.Order.TITLE:
            return cards.order_by("title", "page_id")
        return cards.newest_first()

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add one page of cards; a page number that does not exist is a 404, so that crawlers stop."""
        context = super().get_context(request, *args, **kwargs)
        context["cards"] = one_page(self.cards().for_display(), request)
        return context


class StandardPage(BodyPage):
    """About us, privacy, accessibility: a page that is none of the other types."""

    kind = kinds.STANDARD

    class Meta:
        verbose_name = "standard page"
        verbose_name_plural = "standard pages"
