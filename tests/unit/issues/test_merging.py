"""Merge fields and marks on their way through the engine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletters.issues.compiled import SectionEnd, SectionStart, Static, Token
from newsletters.issues.merging import Marks, replace_fields


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("Dear {{name}},", (Static("Dear "), Token("name"), Static(","))),
        ("{{ name | friend }}", (Token("name", "friend"),)),
        ("{{name|Tom & Co}}", (Token("name", "Tom & Co"),)),
        ("{{nobody}}", (Static("{{nobody}}"),)),
        ("{{ name", (Static("{{ name"),)),
        ("no field", (Static("no field"),)),
        ("", ()),
    ],
)
def test_a_field_becomes_a_token_and_what_is_none_stays(written: str, parts) -> None:
    marks = Marks()
    assert marks.cut(marks.mark_fields(written, escaped=False)) == parts


def test_a_default_in_html_is_kept_as_raw_text() -> None:
    marks = Marks()
    assert marks.cut(marks.mark_fields("<p>{{name|Tom &amp; Co}}</p>", escaped=True)) == (
        Static("<p>"),
        Token("name", "Tom & Co"),
        Static("</p>"),
    )


def test_a_value_that_is_the_same_for_all_is_written_at_once_and_escaped() -> None:
    marks = Marks()
    assert marks.mark_fields("{{archive_url}}", escaped=True, values={"archive_url": "/?a=1&b=2"}) == "/?a=1&amp;b=2"
    assert marks.mark_fields("{{archive_url}}", escaped=False, values={"archive_url": "/?a=1&b=2"}) == "/?a=1&b=2"


def test_marks_of_sections_are_cut_in_comments_and_in_text() -> None:
    marks = Marks()
    start, end = marks.start_section(4), marks.end_section()
    assert marks.cut(f"a<!--{start}-->b<!--{end}-->c") == (
        Static("a"),
        SectionStart(4),
        Static("b"),
        SectionEnd(),
        Static("c"),
    )
    assert marks.cut(f"a{start}b{end}") == (Static("a"), SectionStart(4), Static("b"), SectionEnd())


def test_marks_of_blocks_vanish_and_give_sizes_and_places() -> None:
    marks = Marks()
    source = f"head\n<!--{marks.start_block('one')}-->\nübung\n<!--{marks.end_block()}-->\nfoot"
    assert marks.cut(source) == (Static("head\n\nübung\n\nfoot"),)
    assert marks.block_sizes(source) == {"one": len("\nübung\n".encode())}
    assert [marks.block_at_line(source, line) for line in (1, 3, 5)] == ["", "one", ""]


@given(st.text())
def test_text_without_fields_passes_unchanged(text: str) -> None:
    marks = Marks()
    if "{{" not in text:
        assert "".join(part.text for part in marks.cut(marks.mark_fields(text, escaped=False))) == text


def test_the_archive_shows_defaults_and_nobodys_links() -> None:
    assert replace_fields("Dear {{name|friend}}: {{unsubscribe_url}} {{nobody}}") == "Dear friend:  {{nobody}}"
