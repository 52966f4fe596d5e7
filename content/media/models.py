"""Images and documents, models of our own from the first migration on."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from wagtail.documents.models import AbstractDocument
from wagtail.documents.models import Document as WagtailDocument
from wagtail.images.models import AbstractImage, AbstractRendition
from wagtail.images.models import Image as WagtailImage


class CourantImage(AbstractImage):
    """A picture with what everybody needs to know about it: what it shows and whose it is."""

    credit = models.CharField(
        max_length=200, blank=True, help_text="Who made it, as they wish to be named, and its licence."
    )

    admin_form_fields = (*WagtailImage.admin_form_fields, "credit")

    class Meta(AbstractImage.Meta):
        verbose_name = "image"
        verbose_name_plural = "images"

    @property
    def default_alt_text(self) -> str:
        """The description; never the title, which is too often a file's name."""
        return str(self.description or "")


class CourantRendition(AbstractRendition):
    """One size of an image; made when the image is saved, so that a page view never writes."""

    image = models.ForeignKey(CourantImage, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("image", "filter_spec", "focal_point_key"), name="unique_rendition")
        ]


class CourantDocument(AbstractDocument):
    """A file that readers download."""

    admin_form_fields = WagtailDocument.admin_form_fields

    class Meta(AbstractDocument.Meta):
        verbose_name = "document"
        verbose_name_plural = "documents"
