"""Factories of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import factory
from wagtail.images.tests.utils import get_test_image_file

from content.media.models import CourantImage

if TYPE_CHECKING:
    from django.core.files.images import ImageFile


def _picture() -> ImageFile:
    return get_test_image_file(filename="picture.png", size=(1600, 1000))


class ImageFactory(factory.django.DjangoModelFactory):
    """A picture of 1600 by 1000 pixels, with all its sizes."""

    class Meta:
        model = CourantImage

    title = factory.Sequence(lambda n: f"Picture {n}")
    file = factory.LazyFunction(_picture)
