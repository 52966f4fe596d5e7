from __future__ import annotations

import pytest

from content.importing.addresses import clean_slug, default_date, default_slug, folder_of, normal_address
from content.importing.values import all_texts, first_text, plain, value_at

FRONT = {"venue": {"city": "Leeds"}, "lists": [{"members": 40}], "draft": True, "title": "A &amp; **B**", "empty": ""}


def test_a_dotted_key_reaches_into_sections_and_lists() -> None:
    assert value_at(FRONT, "venue.city") == "Leeds"
    assert value_at(FRONT, "lists.0.members") == 40
    assert value_at(FRONT, "lists.3.members") is None
    assert value_at(FRONT, "title.0") is None


def test_the_first_key_with_words_is_taken() -> None:
    assert first_text(FRONT, ("empty", "nothing", "draft", "title")) == "A & B"
    assert all_texts(FRONT, ("venue.city", "empty", "venue.city", "lists.0.members")) == ["Leeds", "40"]


def test_a_template_is_used_when_all_its_holes_have_words() -> None:
    assert first_text(FRONT, ("{lists.0.members} members",)) == "40 members"
    assert first_text(FRONT, ("{lists.9.members} members", "title")) == "A & B"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("Fish &#40;fried&#41;", "Fish (fried)"),
        ("**Bold** and _slanted_ and `code`", "Bold and slanted and code"),
        ("See [the page](https://example.org) now", "See the page now"),
        ("<b>tags</b>\n and   spaces", "tags and spaces"),
        ("snake_case_name stays", "snake_case_name stays"),
        ("2 * 3 * 4", "2 * 3 * 4"),
    ],
)
def test_plain_text_has_no_markup(written: str, words: str) -> None:
    assert plain(written) == words


def test_addresses_are_compared_by_their_path_alone() -> None:
    assert normal_address("https://Example.org/News/A%20b?x=1#y") == "/news/a b/"
    assert normal_address("/news/index.html") == "/news/"
    assert normal_address("/") == "/"


def test_a_slug_comes_from_the_files_name_without_its_date() -> None:
    assert default_slug("news/2015/2015-04-24-tea.md") == "tea"
    assert default_slug("guides/tea/_index.md") == "tea"
    assert default_date("news/2015/2015-04-24-tea.md") == "2015-04-24"
    assert clean_slug("/section/Grüner Tee.md") == "gruner-tee"
    assert folder_of("guides/tea/_index.md") == "guides"
    assert folder_of("guides/tea/leaves.md") == "guides/tea"
