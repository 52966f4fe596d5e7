"""People and organisations that pages name: snippets with public views, like topics."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from wagtail.admin.panels import FieldPanel
from wagtail.search import index
from wagtail.snippets.models import register_snippet


class Profile(index.Indexed, models.Model):
    """A person or an organisation, as an author, a contact or an employer."""

    class Kind(models.TextChoices):
        """What a profile describes; structured data says `Person` or `Organization` accordingly."""

        PERSON = "person", "Person"
        ORGANISATION = "organisation", "Organisation"

    kind = models.CharField(max_length=12, choices=Kind, default=Kind.PERSON)
    name = models.CharField(max_length=160)
    slug = models.SlugField(max_length=160, unique=True)
    role = models.CharField(max_length=200, blank=True, help_text="Job title, or what the organisation does.")
    affiliation = models.CharField(max_length=200, blank=True, help_text="Where a person works.")
    biography = models.TextField(blank=True)
    website = models.URLField(blank=True)
    portrait = models.ForeignKey(
        settings.WAGTAILIMAGES_IMAGE_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    is_staff = models.BooleanField(default=False, help_text="Works here: listed among our own people.")

    panels: ClassVar = [
        FieldPanel("kind"),
        FieldPanel("name"),
        FieldPanel("slug"),
        FieldPanel("role"),
        FieldPanel("affiliation"),
        FieldPanel("biography"),
        FieldPanel("website"),
        FieldPanel("portrait"),
        FieldPanel("is_staff"),
    ]
    search_fields: ClassVar = [
        index.SearchField("name"),
        index.AutocompleteField("name"),
        index.FilterField("id"),
    ]

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The profile's public page."""
        return reverse("people:profile", args=[self.slug])

    @property
    def full_url(self) -> str:
        """Absolute address; a property, because the admin's preview reads it so."""
        return f"{settings.SITE_URL}{self.get_absolute_url()}"


register_snippet(Profile)
