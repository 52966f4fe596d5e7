from __future__ import annotations

import pytest

from content.importing.bodies.images import image_words


@pytest.mark.parametrize(
    "alt",
    [
        "Artboard 101 copy",
        "IMG_1234",
        "IMG_1234.jpg",
        "DSC00042",
        "screenshot-2",
        "image1",
        "600 x 400",
        "figure 3",
        "logo.png",
    ],
)
def test_what_a_camera_or_a_program_wrote_says_nothing(alt: str) -> None:
    assert image_words(alt, "somewhere.jpg") == ("", True)


@pytest.mark.parametrize(
    ("alt", "words"),
    [
        ("600-x-400-two-people-at-a-desk.jpg", "two people at a desk"),
        ("250 x 167 kettle on a stove", "kettle on a stove"),
        ("pouring_green_tea.png", "pouring green tea"),
    ],
)
def test_the_words_in_a_files_name_are_kept_and_told(alt: str, words: str) -> None:
    assert image_words(alt) == (words, True)


@pytest.mark.parametrize("alt", ["Two people at a desk", "Tea", "The kettle's lid, 12 cm across", "Ada Lovelace"])
def test_what_a_person_wrote_stays(alt: str) -> None:
    assert image_words(alt, "ada-lovelace.jpg") == (alt, False)


def test_no_words_are_no_file_name() -> None:
    assert image_words("") == ("", False)
    assert image_words(" width=") == ("", False)
