"""Images: their sizes are made at save and shown without a query."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import Context, Template
from wagtail.images.tests.utils import get_test_image_file

from content.media.models import CourantDocument, CourantImage, CourantRendition
from content.media.sizes import Size
from tests.factories.media import ImageFactory

pytestmark = pytest.mark.django_db


def test_saving_an_image_makes_every_size() -> None:
    image = CourantImage.objects.get(pk=ImageFactory().pk)
    assert set(image.sizes) == {"made_of", *(size.name for size in Size)}
    for size in Size:
        assert default_storage.exists(image.sizes[size.name]["file"])
    assert image.size_dimensions(Size.CARD) == (640, 360)


def test_showing_an_image_asks_and_writes_nothing(django_assert_num_queries) -> None:
    image = CourantImage.objects.get(pk=ImageFactory().pk)
    template = Template("{% load pictures %}{% body_picture image 'A board' %}{% size_url image 'MAIL' %}")
    with django_assert_num_queries(0):
        html = template.render(Context({"image": image}))
    assert 'alt="A board"' in html
    assert "srcset" in html


def test_saving_a_title_makes_nothing_again() -> None:
    image = ImageFactory()
    before = list(CourantRendition.objects.order_by("pk").values_list("pk", flat=True))
    image.title = "Another"
    image.save()
    assert list(CourantRendition.objects.order_by("pk").values_list("pk", flat=True)) == before


def test_a_new_focal_point_makes_the_cropped_sizes_again() -> None:
    image = ImageFactory()
    before = image.sizes["CARD"]["file"]
    image.focal_point_x, image.focal_point_y = 100, 100
    image.focal_point_width = image.focal_point_height = 50
    image.save()
    assert CourantImage.objects.get(pk=image.pk).sizes["CARD"]["file"] != before


def test_a_new_file_in_the_admin_has_all_its_sizes(client) -> None:
    client.force_login(get_user_model().objects.create_superuser("editor", "editor@example.org", "x"))
    image = ImageFactory()
    drawn = get_test_image_file(size=(1500, 900)).file.getvalue()
    picture = SimpleUploadedFile("new.png", drawn, content_type="image/png")
    answer = client.post(
        f"/admin/images/{image.pk}/",
        {"title": "New", "file": picture, "description": "", "tags": "", "credit": ""},
    )
    assert answer.status_code == 302
    image = CourantImage.objects.get(pk=image.pk)
    assert "new" in image.file.name
    for size in Size:
        assert default_storage.exists(image.sizes[size.name]["file"]), size


def test_an_image_whose_sizes_were_never_made_shows_its_file() -> None:
    image = ImageFactory()
    image.sizes = {}
    assert image.size_url(Size.CARD) == image.file.url


def test_the_title_is_never_the_description() -> None:
    assert ImageFactory(title="IMG_2041.jpg").default_alt_text == ""


def test_a_document_knows_its_size_from_the_first_save() -> None:
    document = CourantDocument.objects.create(title="Report", file=ContentFile(b"%PDF-1.4 words", "report.pdf"))
    assert CourantDocument.objects.get(pk=document.pk).file_size == 14
