"""What editors publish most: guides, blogs, newsletter features and blogs, news, reports."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from wagtail.admin.panels import FieldPanel, PageChooserPanel
from wagtail.models import Page

from content.pages import kinds
from content.pages.models import BodyPage


class ArticlePage(BodyPage):
    """What the article types share: a body, authors and topics."""

    has_authors = True
    is_dated = True
    parent_page_types: ClassVar = ["pages.SectionPage"]
    subpage_types: ClassVar[list[str]] = []

    content_panels: ClassVar = [*BodyPage.content_panels, *BodyPage.author_panels, *BodyPage.classification_panels]

    class Meta:
        abstract = True


class QuickGuidePage(ArticlePage):
    """A guide that is read in one sitting or chapter by chapter."""

    kind = kinds.GUIDE
    subpage_types: ClassVar = ["articles.ChapterPage"]

    class Meta:
        verbose_name = "quick guide"
        verbose_name_plural = "quick guides"

    @property
    def document_group(self) -> str:
        """A guide and its chapters never recommend one another."""
        return f"guide:{self.pk}"


class ChapterPage(BodyPage):
    """One chapter of a quick guide; its place in the tree is its place in the guide."""

    kind = kinds.CHAPTER
    parent_page_types: ClassVar = ["articles.QuickGuidePage", "articles.ChapterPage"]
    subpage_types: ClassVar = ["articles.ChapterPage"]

    content_panels: ClassVar = [*BodyPage.content_panels, *BodyPage.classification_panels]

    class Meta:
        verbose_name = "guide chapter"
        verbose_name_plural = "guide chapters"

    @property
    def document_group(self) -> str:
        """The group of the guide it belongs to; one query."""
        guide = QuickGuidePage.objects.ancestor_of(self).values_list("pk", flat=True).first()
        return f"guide:{guide}" if guide else ""


class BlogPage(ArticlePage):
    """Somebody's view, signed."""

    kind = kinds.BLOG

    class Meta:
        verbose_name = "blog"
        verbose_name_plural = "blogs"


class NewsletterArticle(ArticlePage):
    """An article written for a newsletter that has a page of its own."""

    ran_in = models.ForeignKey(
        Page,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The issue this was written for.",
    )

    content_panels: ClassVar = [*ArticlePage.content_panels, PageChooserPanel("ran_in", "issues.IssuePage")]

    class Meta:
        abstract = True


class NewsletterFeaturePage(NewsletterArticle):
    """A newsletter's main article."""

    kind = kinds.NEWSLETTER_FEATURE

    class Meta:
        verbose_name = "newsletter feature"
        verbose_name_plural = "newsletter features"


class NewsletterBlogPage(NewsletterArticle):
    """A newsletter's signed column."""

    kind = kinds.NEWSLETTER_BLOG

    class Meta:
        verbose_name = "newsletter blog"
        verbose_name_plural = "newsletter blogs"


class NewsPage(ArticlePage):
    """An announcement."""

    kind = kinds.NEWS

    class Meta:
        verbose_name = "news"
        verbose_name_plural = "news"


class ReportPage(ArticlePage):
    """A publication: key points, challenges, references, files."""

    kind = kinds.REPORT

    isbn = models.CharField("ISBN", max_length=17, blank=True)

    content_panels: ClassVar = [*ArticlePage.content_panels, FieldPanel("isbn")]

    class Meta:
        verbose_name = "report"
        verbose_name_plural = "reports"
