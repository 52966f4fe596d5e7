"""What changes media."""

from __future__ import annotations

from typing import TYPE_CHECKING

from content.media.sizes import Size

if TYPE_CHECKING:
    from content.media.models import CourantImage


def make_renditions(*, image: CourantImage) -> None:
    """Make every size of an image and note on it where the files lie, so that showing it asks nothing more.

    Safe to repeat: what is there already is kept.
    """
    made = image.get_renditions(*(size.value for size in Size))
    image.close_made_files()
    image.sizes = {"made_of": image.material} | {
        Size(spec).name: {"file": rendition.file.name, "width": rendition.width, "height": rendition.height}
        for spec, rendition in made.items()
    }
    type(image).objects.filter(pk=image.pk).update(sizes=image.sizes)
