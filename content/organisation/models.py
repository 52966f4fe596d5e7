"""Who publishes the site: name, address, menus, and the words of the three panels at the foot of every page."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel, PageChooserPanel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting
from wagtail.models import Orderable

from content.organisation.memory import forget

FRAME_KEY = "organisation:frame:1"
"""Where `selectors.frame` is remembered; raise the number when the fields of `Frame` change."""


@register_setting(icon="home")
class Organisation(BaseGenericSetting, ClusterableModel):
    """The organisation's own facts and the panels "Get social", "Work with us" and "The Q community"."""

    name = models.CharField(max_length=120, default="Our organisation")
    tagline = models.CharField(max_length=200, blank=True)
    legal_line = models.CharField(
        max_length=300, blank=True, help_text="Charity and company numbers, as the law wants them on every page."
    )
    postal_address = models.TextField(
        blank=True, help_text="Stands in the footer and in every mail; no newsletter goes out without it."
    )
    contact_email = models.EmailField(blank=True)

    social_heading = models.CharField(max_length=60, default="Get social")
    social_follow_text = models.CharField(max_length=80, blank=True, help_text="Words of the follow link.")
    social_follow_url = models.URLField(blank=True)
    social_post = models.TextField(
        blank=True, max_length=600, help_text="The latest post; entered here, or read from the feed below."
    )
    social_post_url = models.URLField(blank=True)
    social_posted_at = models.DateTimeField(null=True, blank=True)
    social_feed_url = models.URLField(
        blank=True, help_text="A Mastodon account's .rss address or any RSS feed. Read on the server, never by readers."
    )
    social_stale_days = models.PositiveSmallIntegerField(
        default=30, help_text="A post older than this many days is hidden; the follow link stays."
    )

    work_heading = models.CharField(max_length=60, default="Work with us")
    work_text = models.TextField(blank=True, help_text="{count} becomes the number of open vacancies in words.")
    work_text_empty = models.TextField(blank=True, help_text="Shown instead when no vacancy is open.")
    work_link_text = models.CharField(max_length=80, default="View current vacancies")
    work_page = models.ForeignKey(
        "wagtailcore.Page", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    work_url = models.URLField(blank=True, help_text="Used when no page is chosen; may lead outside.")

    community_heading = models.CharField(max_length=60, default="The Q community")
    community_text = models.TextField(blank=True)
    community_link_text = models.CharField(max_length=80, default="Find out more")
    community_page = models.ForeignKey(
        "wagtailcore.Page", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    community_url = models.URLField(blank=True, help_text="Used when no page is chosen; may lead outside.")

    panels: ClassVar = [
        MultiFieldPanel(
            [FieldPanel(n) for n in ("name", "tagline", "legal_line", "postal_address", "contact_email")],
            heading="The organisation",
        ),
        InlinePanel("menu_items", heading="Menus", label="Menu item"),
        MultiFieldPanel(
            [
                FieldPanel(f"social_{n}")
                for n in (
                    "heading", "follow_text", "follow_url", "post", "post_url", "posted_at", "feed_url", "stale_days",
                )
            ],
            heading="Panel: get social",
        ),
        MultiFieldPanel(
            [
                *(FieldPanel(f"work_{n}") for n in ("heading", "text", "text_empty", "link_text")),
                PageChooserPanel("work_page"),
                FieldPanel("work_url"),
            ],
            heading="Panel: work with us",
        ),
        MultiFieldPanel(
            [
                *(FieldPanel(f"community_{n}") for n in ("heading", "text", "link_text")),
                PageChooserPanel("community_page"),
                FieldPanel("community_url"),
            ],
            heading="Panel: Q community",
        ),
    ]  # fmt: skip

    class Meta:
        verbose_name = "organisation"

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a post entered without a time is from now, since an undated one could never grow stale."""
        if self.social_post and self.social_posted_at is None:
            self.social_posted_at = timezone.now()
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "social_posted_at"}
        super().save(*args, **kwargs)
        forget(FRAME_KEY)


class MenuItem(Orderable):
    """One link of the header's or the footer's menu: a page, or an address."""

    class Menu(models.TextChoices):
        """Where the link stands."""

        MAIN = "main", "Header"
        FOOTER = "footer", "Footer"

    organisation = ParentalKey(Organisation, on_delete=models.CASCADE, related_name="menu_items")
    menu = models.CharField(max_length=6, choices=Menu, default=Menu.MAIN)
    label = models.CharField(max_length=40)
    page = models.ForeignKey("wagtailcore.Page", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    address = models.CharField(max_length=300, blank=True, help_text="A path on this site or a full address.")

    panels: ClassVar = [FieldPanel("menu"), FieldPanel("label"), PageChooserPanel("page"), FieldPanel("address")]

    def __str__(self) -> str:
        return self.label

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and let the menus be read again."""
        super().save(*args, **kwargs)
        forget(FRAME_KEY)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Delete, and let the menus be read again."""
        deleted = super().delete(*args, **kwargs)
        forget(FRAME_KEY)
        return deleted
