"""The topic tree. Topics are snippets with public views, so that a page can point at them without an import upward."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from wagtail.admin.panels import FieldPanel
from wagtail.search import index
from wagtail.snippets.models import register_snippet

MAX_DEPTH = 4


class TopicQuerySet(models.QuerySet["Topic"]):
    """Topics as selectors ask for them."""

    def top(self) -> Self:
        """Topics without a parent."""
        return self.filter(parent=None)


class Topic(index.Indexed, models.Model):
    """What a page is about; readers browse by it and subscribers follow it.

    The parent is a plain foreign key: a tree-library node as a snippet fails when it is added in the admin.
    """

    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(max_length=120, unique=True)
    summary = models.TextField(blank=True, help_text="One or two sentences, shown on the topic's page and in search.")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")

    panels: ClassVar = [FieldPanel("name"), FieldPanel("slug"), FieldPanel("summary"), FieldPanel("parent")]
    search_fields: ClassVar = [
        index.SearchField("name"),
        index.AutocompleteField("name"),
        index.FilterField("id"),
    ]
    objects = models.Manager.from_queryset(TopicQuerySet)()

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a parent that is below this topic, or a tree deeper than readers can follow."""
        super().clean()
        seen, parent, depth = {self.pk}, self.parent, 1
        while parent is not None:
            depth += 1
            if parent.pk in seen:
                raise ValidationError({"parent": "A topic cannot be below itself."})
            if depth > MAX_DEPTH:
                raise ValidationError({"parent": f"Topics go {MAX_DEPTH} levels deep at most."})
            seen.add(parent.pk)
            parent = parent.parent

    def get_absolute_url(self) -> str:
        """The topic's public page."""
        return reverse("topics:topic", args=[self.slug])

    @property
    def full_url(self) -> str:
        """Absolute address; a property, because the admin's preview reads it so."""
        return f"{settings.SITE_URL}{self.get_absolute_url()}"


register_snippet(Topic)
