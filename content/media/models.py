"""Images and documents, models of our own from the first migration on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.core.files.storage import default_storage
from django.db import models
from wagtail.documents.models import AbstractDocument
from wagtail.documents.models import Document as WagtailDocument
from wagtail.images.models import AbstractImage, AbstractRendition
from wagtail.images.models import Image as WagtailImage

from content.media.services import make_renditions

if TYPE_CHECKING:
    from django.core.files import File
    from wagtail.images.models import Filter

    from content.media.sizes import Size


class CourantImage(AbstractImage):
    """A picture with what everybody needs to know about it: what it shows and whose it is."""

    credit = models.CharField(
        max_length=200, blank=True, help_text="Who made it, as they wish to be named, and its licence."
    )
    sizes = models.JSONField(
        default=dict, editable=False, help_text="Where each size of the picture lies; written when it is saved."
    )

    admin_form_fields = (*WagtailImage.admin_form_fields, "credit")

    class Meta(AbstractImage.Meta):
        verbose_name = "image"
        verbose_name_plural = "images"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and make every size when the file or its focal point is new."""
        super().save(*args, **kwargs)
        if self.sizes.get("made_of") != self.material:
            make_renditions(image=self)

    def generate_rendition_file(self, filter: Filter, *, source: File | None = None) -> File:  # noqa: A002 (Wagtail's)
        """Make one size, and remember its temporary file: Wagtail leaves it open once it is stored."""
        made = super().generate_rendition_file(filter, source=source)
        self.__dict__.setdefault("_made_files", []).append(made)
        return made

    def close_made_files(self) -> None:
        """Close what making the sizes has opened; everything is stored by then."""
        for made in self.__dict__.pop("_made_files", []):
            made.close()
        self.file.close()

    @property
    def material(self) -> str:
        """What the sizes depend on: the file and its focal point."""
        focus = (self.focal_point_x, self.focal_point_y, self.focal_point_width, self.focal_point_height)
        return f"{self.file.name} {focus}"

    @property
    def default_alt_text(self) -> str:
        """The description; never the title, which is too often a file's name."""
        return str(self.description or "")

    def size_url(self, size: Size) -> str:
        """The address of one size, without a query; the original's where sizes were never made."""
        made = self.sizes.get(size.name)
        return default_storage.url(made["file"] if made else self.file.name)

    def size_dimensions(self, size: Size) -> tuple[int, int]:
        """Width and height of one size, in pixels."""
        made = self.sizes.get(size.name)
        return (made["width"], made["height"]) if made else (self.width, self.height)


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

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, with the size that readers are told, whoever made the document; showing it must not write."""
        if self.file and self.file_size is None:  # type: ignore[has-type]
            self.file_size = self.file.size
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "file_size"}
        super().save(*args, **kwargs)
