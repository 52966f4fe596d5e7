"""What changes media."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wagtail.images.models import Filter

from content.media.sizes import Size

if TYPE_CHECKING:
    from content.media.models import CourantImage


def make_renditions(*, image: CourantImage) -> None:
    """Make every size of an image and note on it where the files lie, so that showing it asks nothing more.

    Safe to repeat: what is there already is kept.
    """
    filters = {size: Filter(spec=size.value) for size in Size}
    made = image.find_existing_renditions(*filters.values())
    made |= image.create_renditions(*(wanted for wanted in filters.values() if wanted not in made))
    image.close_made_files()
    image.sizes = {"made_of": image.material}
    for size, wanted in filters.items():
        rendition = made[wanted]
        image.sizes[size.name] = {
            "file": rendition.file.name,
            "width": rendition.width,
            "height": rendition.height,
        }
    type(image).objects.filter(pk=image.pk).update(sizes=image.sizes)
