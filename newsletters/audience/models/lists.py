"""Mailing lists, and what the organisation decides once for all of them."""

from __future__ import annotations

from typing import ClassVar, Self
from urllib.parse import urlsplit

from django.conf import settings
from django.core.validators import MinLengthValidator
from django.db import models
from wagtail.admin.panels import FieldPanel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting

DEFAULT_WORDING = (
    "By subscribing you ask {organisation} to send you the newsletters you have chosen by email, and nothing else. "
    "Every newsletter has a link with which you can stop at once, change what you get, or have your data erased."
)


class MailingListQuerySet(models.QuerySet["MailingList"]):
    """Lists as selectors ask for them."""

    def public(self) -> Self:
        """Lists that anybody may join through the sign-up form."""
        return self.filter(is_public=True, closed_at=None)

    def open(self) -> Self:
        """Lists that still take part: not closed."""
        return self.filter(closed_at=None)


class MailingList(models.Model):
    """One thing a person can subscribe to. It is closed, never deleted, because permission refers to it."""

    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(
        max_length=60,
        unique=True,
        help_text="Part of the List-Id header (RFC 2919); do not change it once mail has gone out.",
    )
    description = models.TextField(blank=True, help_text="What a subscriber gets, in a sentence; shown on the form.")
    purpose = models.CharField(
        max_length=300,
        validators=[MinLengthValidator(10)],
        help_text="Why addresses are kept, as it stands in the record of permission (UK GDPR Art. 5(1)(b)).",
    )
    frequency = models.CharField(max_length=80, blank=True, help_text='How often, in words: "every second Tuesday".')
    is_public = models.BooleanField(default=True, help_text="Offered on the public sign-up form.")
    order = models.PositiveSmallIntegerField(default=100, help_text="Lower numbers come first on the form.")
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True, help_text="A closed list takes nobody and mails nobody.")

    panels: ClassVar = [
        FieldPanel(name)
        for name in ("name", "slug", "description", "purpose", "frequency", "is_public", "order", "closed_at")
    ]
    objects = models.Manager.from_queryset(MailingListQuerySet)()

    class Meta:
        ordering: ClassVar = ["order", "name"]

    def __str__(self) -> str:
        return self.name

    @property
    def list_id(self) -> str:
        """The List-Id of RFC 2919 without its angle brackets: the slug under the site's host name."""
        host = urlsplit(settings.SITE_URL).hostname or "localhost"
        return f"{self.slug}.{host}"


@register_setting(icon="mail")
class AudienceSettings(BaseGenericSetting):
    """Who confirmations come from, and the words a person agrees to on the sign-up form."""

    sender_name = models.CharField(max_length=120, blank=True, help_text="Empty: the organisation's name.")
    sender_address = models.EmailField(
        blank=True, help_text="Empty: the organisation's contact address, or newsletters@ this site."
    )
    sign_up_wording = models.TextField(
        default=DEFAULT_WORDING,
        help_text="{organisation} becomes the organisation's name. Every text ever agreed to is kept.",
    )

    panels: ClassVar = [FieldPanel("sender_name"), FieldPanel("sender_address"), FieldPanel("sign_up_wording")]

    class Meta:
        verbose_name = "sign-up and confirmations"

    def __str__(self) -> str:
        return "Sign-up and confirmations"
