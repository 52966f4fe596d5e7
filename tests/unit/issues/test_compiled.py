"""The contract between issues and delivery: parts, their reference rendering, their form in the database."""

from __future__ import annotations

import dataclasses
import html
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletters.issues.compiled import (
    FIELDS,
    MAX_VALUE_LENGTH,
    CompiledIssue,
    SectionEnd,
    SectionStart,
    Static,
    Token,
    ValueMissing,
    clean_value,
    escape_html,
    render_for,
    render_parts,
)

URLS = {name: f"https://example.org/{name}" for name, field in FIELDS.items() if field.is_url}


def compiled(**changes) -> CompiledIssue:
    values = {
        "issue_id": 1,
        "newsletter_id": 2,
        "list_id": 3,
        "sender_name": "Alder",
        "sender_address": "news@example.org",
        "reply_to": "",
        "archive_url": "https://example.org/i/",
        "subject": (Static("Hello "), Token("name", "reader")),
        "preheader": (Static("Pre"),),
        "html": (
            Static("<p>"),
            Token("name", "a & b"),
            SectionStart(7),
            Static("seven "),
            Token("unsubscribe_url"),
            SectionEnd(),
            Static("</p>"),
        ),
        "text": (Token("name", "a & b"), SectionStart(7), Static(" seven"), SectionEnd(), Static("\n")),
    }
    return CompiledIssue(**(values | changes))


def test_a_value_replaces_its_token_and_is_escaped_in_html_only() -> None:
    mail = render_for(compiled(), URLS | {"name": "<Sam> & 'Co'"}, {7})
    assert mail.subject == "Hello <Sam> & 'Co'"
    assert mail.html == "<p>&lt;Sam&gt; &amp; &#x27;Co&#x27;seven https://example.org/unsubscribe_url</p>"
    assert mail.text == "<Sam> & 'Co' seven\n"


@pytest.mark.parametrize("name", [None, "", "  ", "\n\t"])
def test_a_missing_value_becomes_the_default(name: str | None) -> None:
    values = URLS if name is None else URLS | {"name": name}
    expected = "a & b" if name in (None, "") else ""
    assert render_parts((Token("name", "a & b"),), values) == expected


def test_a_section_is_left_out_for_those_who_do_not_follow_its_topic() -> None:
    mail = render_for(compiled(), {"name": "Sam"}, {8})
    assert mail.html == "<p>Sam</p>"
    assert mail.text == "Sam\n"


def test_a_required_field_without_value_is_an_error_and_never_an_empty_link() -> None:
    with pytest.raises(ValueMissing, match="unsubscribe_url"):
        render_for(compiled(), {"name": "Sam"}, {7})


@given(st.text())
def test_a_cleaned_value_is_one_printable_line(value: str) -> None:
    cleaned = clean_value(value)
    assert "\n" not in cleaned
    assert "\r" not in cleaned
    assert cleaned == "" or cleaned.isprintable()
    assert clean_value(cleaned) == cleaned


@given(st.text(max_size=200))
def test_an_escaped_value_reads_as_the_value(value: str) -> None:
    escaped = escape_html(clean_value(value))
    assert not set(escaped) & set("<>\"'")
    assert html.unescape(escaped) == clean_value(value) or "&" in clean_value(value)


def test_a_value_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="2001 characters"):
        clean_value("x" * (MAX_VALUE_LENGTH + 1))


PARTS = st.lists(
    st.one_of(
        st.builds(Static, st.text(max_size=20)),
        st.builds(Token, st.sampled_from(sorted(FIELDS)), st.text(max_size=10)),
        st.builds(SectionStart, st.integers(1, 9)),
        st.just(SectionEnd()),
    ),
    max_size=8,
).map(tuple)


@given(PARTS, PARTS)
def test_what_is_stored_is_what_comes_back(html_parts, text_parts) -> None:
    issue = compiled(html=html_parts, text=text_parts, warnings=("w",), revision_id=4)
    again = CompiledIssue.from_data(json.loads(json.dumps(issue.as_data())))
    assert again == issue
    assert again.content_hash == issue.content_hash


def test_data_of_another_format_is_refused() -> None:
    data = compiled().as_data() | {"format": 0}
    with pytest.raises(ValueError, match="compile the issue again"):
        CompiledIssue.from_data(data)


@pytest.mark.parametrize(
    "change",
    [
        {"subject": (Static("Other"),)},
        {"html": (Static("x"),)},
        {"text": (Static("x"),)},
        {"sender_address": "other@example.org"},
        {"sender_name": "Other"},
        {"reply_to": "reply@example.org"},
        {"list_id": 4},
    ],
)
def test_the_hash_changes_with_everything_a_reader_can_notice(change) -> None:
    assert compiled(**change).content_hash != compiled().content_hash


def test_the_hash_does_not_change_with_what_only_editors_see() -> None:
    assert compiled(warnings=("w",), revision_id=9).content_hash == compiled().content_hash


def test_a_compiled_issue_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        compiled().subject = ()


def test_topics_and_fields_in_use_are_known() -> None:
    assert compiled().topic_ids == {7}
    assert compiled().field_names == {"name", "unsubscribe_url"}
