"""What editors are told when a block is not complete."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wagtail.blocks import StructBlockValidationError
from wagtail.blocks.list_block import ListBlockValidationError

from content.blocks.library.links import ButtonBlock, FurtherReadingItemBlock
from content.blocks.library.media import EmbedBlock, ImageBlock, looks_like_a_file_name
from content.blocks.library.text import ChallengesBlock, KeyPointsBlock
from content.blocks.library.values import video_of
from tests.factories.media import ImageFactory
from tests.factories.pages import BlogPageFactory


def faults(block, value) -> dict[str, str]:
    with pytest.raises(StructBlockValidationError) as caught:
        block.clean(block.normalize(value))
    return {name: str(error.messages[0]) for name, error in caught.value.block_errors.items()}


@pytest.mark.parametrize(
    "text",
    [
        "Artboard 101 copy", "IMG_2041", "DSC0034.JPG", "whiteboard-final.png", "20210413_101500", "image1", "photo-3",
        "Screenshot 2021-04-13 at 10.15.00", "a board.jpeg", "untitled", "Copy of IMG_2",
    ],
)  # fmt: skip
def test_the_name_of_a_file_is_no_description(text: str) -> None:
    assert looks_like_a_file_name(text)


@pytest.mark.parametrize(
    "text",
    [
        "A whiteboard with four columns", "Photograph of a ward at night", "Scan of a letter from 1948",
        "Chart: visits fell from 62 to 22 minutes", "Image of the 2021 team, standing", "Two nurses, 40 magnets",
    ],
)  # fmt: skip
def test_a_description_is_not_taken_for_a_file_name(text: str) -> None:
    assert not looks_like_a_file_name(text)


@pytest.mark.django_db
class TestImages:
    def value(self, **fields):
        empty = {"alt_text": "", "decorative": False, "caption": "", "credit": ""}
        return {"image": ImageFactory(), **empty, **fields}

    def test_an_image_needs_a_description(self) -> None:
        assert "alt_text" in faults(ImageBlock(), self.value())

    def test_a_decorative_image_needs_none(self) -> None:
        assert ImageBlock().clean(ImageBlock().normalize(self.value(decorative=True)))["decorative"]

    def test_a_decorative_image_has_none(self) -> None:
        assert "alt_text" in faults(ImageBlock(), self.value(decorative=True, alt_text="A board"))

    def test_a_file_name_is_refused(self) -> None:
        assert "looks like a file's name" in faults(ImageBlock(), self.value(alt_text="Artboard 101 copy"))["alt_text"]


@pytest.mark.parametrize(
    ("url", "video"),
    [
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ", ("YouTube", "dQw4w9WgXcQ")),
        ("https://www.youtube.com/watch?t=12&v=dQw4w9WgXcQ&list=x", ("YouTube", "dQw4w9WgXcQ")),
        ("https://youtu.be/dQw4w9WgXcQ?t=3", ("YouTube", "dQw4w9WgXcQ")),
        ("https://www.youtube.com/embed/dQw4w9WgXcQ", ("YouTube", "dQw4w9WgXcQ")),
        ("https://www.youtube.com/shorts/dQw4w9WgXcQ", ("YouTube", "dQw4w9WgXcQ")),
        ("https://vimeo.com/76979871", ("Vimeo", "76979871")),
        ("https://vimeo.com/channels/staffpicks/76979871", ("Vimeo", "76979871")),
        ("https://player.vimeo.com/video/76979871?h=1", ("Vimeo", "76979871")),
        ("https://vimeo.com/about", ("", "")),
        ("https://www.youtube.com/watch?v=short", ("", "")),
        ("https://evil.example/watch?v=dQw4w9WgXcQ", ("", "")),
        ("https://youtube.com.evil.example/watch?v=dQw4w9WgXcQ", ("", "")),
        ("javascript:alert(1)//youtu.be/dQw4w9WgXcQ", ("", "")),
        ("https://[::1/watch", ("", "")),
    ],
)
def test_videos_are_recognised_by_their_addresses(url: str, video: tuple[str, str]) -> None:
    assert video_of(url) == video


@given(st.text())
def test_no_address_breaks_the_recognition(url: str) -> None:
    host, number = video_of(url)
    assert bool(host) == bool(number)


def test_other_videos_cannot_be_embedded() -> None:
    assert "YouTube or Vimeo" in faults(EmbedBlock(), {"url": "https://example.org/film", "title": "Film"})["url"]


def button(**fields):
    return {"text": "Go", "page": None, "url": "", "quiet": False, **fields}


def test_a_button_leads_somewhere() -> None:
    assert "page" in faults(ButtonBlock(), button())


@pytest.mark.django_db
def test_a_button_leads_to_one_place() -> None:
    page = BlogPageFactory().page_ptr
    assert "url" in faults(ButtonBlock(), button(page=page, url="https://example.org/"))


def item(**fields):
    return {"page": None, "url": "", "title": "", "label": "", "date_text": "", "summary": "", **fields}


def test_a_card_shows_something() -> None:
    assert "page" in faults(FurtherReadingItemBlock(), item())


def test_a_page_elsewhere_needs_a_title() -> None:
    assert "title" in faults(FurtherReadingItemBlock(), item(url="https://example.org/"))


def test_numbering_starts_at_one_or_later() -> None:
    value = {"title": "", "intro": "", "numbered": True, "start": 0, "items": [{"title": "A", "text": ""}]}
    assert "start" in faults(ChallengesBlock(), value)


def test_a_list_of_key_points_has_a_point() -> None:
    with pytest.raises(StructBlockValidationError) as caught:
        KeyPointsBlock().clean(KeyPointsBlock().normalize({"title": "Key points", "points": []}))
    assert isinstance(caught.value.block_errors["points"], ListBlockValidationError)
