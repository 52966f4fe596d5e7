"""Rich text on its three ways."""

from __future__ import annotations

import re

from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from content.blocks.richtext import TEXT_WIDTH, for_mail, for_text, for_web, wrapped


def test_paragraphs_lists_and_links_become_plain_words() -> None:
    text = for_text(
        "<h3>Why</h3><p>Read <a href='https://example.org/a?b=1&amp;c=2'>the method</a> &amp; try.</p>"
        "<ol><li>First</li><li>Second<ul><li>within</li></ul></li></ol><p>Last.</p>".replace("'", '"')
    )
    assert text == (
        "Why\n\nRead the method (https://example.org/a?b=1&c=2) & try.\n\n1. First\n2. Second\n  - within\n\nLast."
    )


def test_an_address_that_is_its_own_words_is_written_once() -> None:
    assert for_text('<p><a href="https://example.org/">https://example.org/</a></p>') == "https://example.org/"
    assert for_text('<p><a href="mailto:a@example.org">a@example.org</a></p>') == "a@example.org"


def test_paths_become_addresses_outside_the_site() -> None:
    assert 'href="http://localhost/guides/"' in for_mail('<p><a href="/guides/">Guides</a></p>')


def test_breaks_are_closed_for_mjml() -> None:
    assert for_mail("<p>One<br/>two</p>") == "<p>One<br />two</p>"


def test_what_was_not_written_here_is_cleaned() -> None:
    html = for_web(
        '<p onclick="x()">A <script>alert(1)</script><a href="javascript:alert(1)">b</a></p><iframe></iframe>'
    )
    assert html == "<p>A b</p>"


def test_an_unclosed_paragraph_is_closed() -> None:
    assert for_web("<p>One<p>Two & <b>three") == "<p>One</p><p>Two &amp; <b>three</b></p>"


@given(st.text())
def test_any_text_becomes_well_formed(text: str) -> None:
    html = for_mail(f"<p>{text}</p>")
    opened = re.findall(r"<(p|b|i|li|ul|ol|a|h[234])\b", html)
    closed = re.findall(r"</(p|b|i|li|ul|ol|a|h[234])>", html)
    assert sorted(opened) == sorted(closed)


@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20), min_size=1))
def test_wrapping_loses_no_word_and_keeps_the_width(words: list[str]) -> None:
    text = wrapped(" ".join(words), "- ")
    assert text.split() == ["-", *words]
    assert all(len(line) <= TEXT_WIDTH for line in text.splitlines())


def test_text_under_a_number_is_wrapped_once() -> None:
    words = "Test with one nurse, one patient, one shift. Then decide whether to test again, and with whom to test."
    template = Template('{% load blocks %}{% autoescape off %}{% indented_rich_text value "1. " %}{% endautoescape %}')
    lines = template.render(Context({"value": f"<p>{words}</p><p>Second.</p>"})).split("\n")
    assert lines[0].startswith("1. Test with")
    assert [line[:3] for line in lines[1:] if line] == ["   "] * 2
    assert len(lines[0]) > 60
    assert " ".join(" ".join(lines).split()) == f"1. {words} Second."
