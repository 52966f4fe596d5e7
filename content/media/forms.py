"""The admin's form for an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wagtail.images.forms import BaseImageForm

from content.media.services import make_renditions

if TYPE_CHECKING:
    from content.media.models import CourantImage


class CourantImageForm(BaseImageForm):
    """Wagtail deletes all sizes after it has saved a new file, so they are made once more."""

    def save(self, commit: bool = True) -> CourantImage:  # noqa: FBT001, FBT002 (Django's own signature)
        """Save, and make the sizes of a new file."""
        image: Any = super().save(commit=commit)
        if commit and "file" in self.changed_data:
            make_renditions(image=image)
        return image
