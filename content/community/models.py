"""The Q community: its home, its groups and its stories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from wagtail.admin.panels import FieldPanel, FieldRowPanel

from content.pages import kinds
from content.pages.models import BodyPage, Card

if TYPE_CHECKING:
    from django.http import HttpRequest


class CommunityHomePage(BodyPage):
    """What the community is, how to join, its groups and newest stories."""

    kind = kinds.SECTION
    takes_part_in_related = False
    max_count = 1
    subpage_types: ClassVar = ["community.GroupPage", "community.StoryPage", "pages.StandardPage"]

    join_text = models.TextField(blank=True)
    join_url = models.URLField(blank=True, help_text="May lead outside.")

    content_panels: ClassVar = [*BodyPage.content_panels, FieldPanel("join_text"), FieldPanel("join_url")]

    class Meta:
        verbose_name = "community home"
        verbose_name_plural = "community homes"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the groups by title and the six newest stories."""
        context = super().get_context(request, *args, **kwargs)
        cards = Card.objects.visible_below(self, open_to_all=self.is_open_to_all)
        context["groups"] = cards.of_kinds(kinds.COMMUNITY_GROUP).order_by("title").for_display()
        context["stories"] = cards.of_kinds(kinds.COMMUNITY_STORY).newest_first().for_display()[:6]
        return context


class GroupPage(BodyPage):
    """A group of people who meet about something."""

    kind = kinds.COMMUNITY_GROUP
    parent_page_types: ClassVar = ["community.CommunityHomePage"]
    subpage_types: ClassVar[list[str]] = []

    members = models.CharField(max_length=80, blank=True, help_text="In words, for example “about 300 members”.")
    meets = models.CharField(max_length=160, blank=True, help_text="When and where, in words.")
    contact_email = models.EmailField(blank=True)
    join_url = models.URLField(blank=True, help_text="May lead outside.")

    content_panels: ClassVar = [
        *BodyPage.content_panels,
        FieldRowPanel([FieldPanel("members"), FieldPanel("meets")]),
        FieldRowPanel([FieldPanel("contact_email"), FieldPanel("join_url")]),
        *BodyPage.classification_panels,
    ]

    class Meta:
        verbose_name = "community group"
        verbose_name_plural = "community groups"


class StoryPage(BodyPage):
    """What a member did, told by them or with them."""

    kind = kinds.COMMUNITY_STORY
    has_authors = True
    is_dated = True
    parent_page_types: ClassVar = ["community.CommunityHomePage"]
    subpage_types: ClassVar[list[str]] = []

    content_panels: ClassVar = [*BodyPage.content_panels, *BodyPage.author_panels, *BodyPage.classification_panels]

    class Meta:
        verbose_name = "community story"
        verbose_name_plural = "community stories"
