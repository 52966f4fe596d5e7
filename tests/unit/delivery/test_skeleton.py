"""The spliced message against the plain rendering, over texts and values nobody would choose by hand."""

from __future__ import annotations

import email
import email.policy
from email.header import decode_header

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletters.delivery.message.encoding import encode_text, encode_value
from newsletters.delivery.message.skeleton import Letterhead, Skeleton
from newsletters.issues.compiled import (
    CompiledIssue,
    SectionEnd,
    SectionStart,
    Static,
    Token,
    ValueMissing,
    clean_value,
    render_for,
)

AWKWARD = [
    "O'Brien",
    'Ann "Ace" Smith',
    "Zoë Ångström",
    "👩‍👩‍👧‍👦 family",
    "\u200fשלום עולם\u200f",  # noqa: RUF001 (Hebrew is meant)
    "محمد بن سلمان",
    "x" * 200,
    "é" * 200,
    "...",
    ".",
    "a=b=c",
    "<b>&amp;</b>",
    "From here",
    " trailing ",
    "two  spaces",
    "=?utf-8?q?trick?=",
    "line\r\nbreak: injected",
    "tab\there",
    "",
]
printable = st.text(st.characters(blacklist_categories=["Cs"]), max_size=120)
values = st.one_of(st.sampled_from(AWKWARD), printable)
statics = st.one_of(
    st.text(st.characters(blacklist_categories=["Cs"]), max_size=200),
    st.sampled_from(
        [".", "\n.\n..\n", "\n", " \n", "a" * 75, "a" * 76, "." * 200, "é" * 80, "From me\nFrom you ", "=\n"]
    ),
    st.text(". \n=aé", max_size=300),
)
names = st.sampled_from(["name", "address", "archive_url"])
part = st.one_of(st.builds(Static, statics), st.builds(Token, names, st.sampled_from(["friend", "", "Zoë", ".dot"])))

one_line_part = st.one_of(
    st.builds(lambda text: Static(clean_value(text) + " "), statics),
    st.builds(Token, names, st.sampled_from(["friend", ""])),
)


@st.composite
def parts_with_sections(draw):
    parts = []
    for _ in range(draw(st.integers(0, 4))):
        inner = draw(st.lists(part, max_size=3))
        if draw(st.booleans()):
            inner = [SectionStart(draw(st.integers(1, 3))), *inner, SectionEnd()]
        parts.extend(inner)
    return tuple(parts)


compiled_issues = st.builds(
    CompiledIssue,
    issue_id=st.just(1),
    newsletter_id=st.just(1),
    list_id=st.just(1),
    sender_name=st.sampled_from(["The Institute", 'Q "quoted" \\ team', "Zoë's institute " * 5]),
    sender_address=st.just("news@example.org"),
    reply_to=st.sampled_from(["", "desk@example.org"]),
    archive_url=st.just("https://example.org/a/"),
    subject=st.lists(one_line_part, min_size=1, max_size=3).map(tuple),
    preheader=st.just(()),
    html=parts_with_sections(),
    text=parts_with_sections(),
)


def build(compiled, *, given_values, topics=()):
    letterhead = Letterhead(
        sender_name=compiled.sender_name,
        sender_address=compiled.sender_address,
        reply_to=compiled.reply_to,
        list_name="Zoë's list",
        list_id="list-1.example.org",
        feedback_id="1:newsletter:courant",
    )
    return Skeleton.of(compiled, letterhead).message(
        address="sam@example.org",
        message_id="<1@example.org>",
        date=b"Mon, 23 Nov 2026 09:00:00 +0000",
        unsubscribe_url="https://example.org/u/abc",
        values=given_values,
        topics=topics,
    )


def unfolded(value):
    return "".join(
        piece.decode(charset or "ascii") if isinstance(piece, bytes) else piece
        for piece, charset in decode_header(value.replace("\r\n", "").replace("\n", ""))
    )


def bodies(message):
    parsed = email.message_from_bytes(message, policy=email.policy.compat32)
    text, html = parsed.get_payload()
    return parsed, text.get_payload(decode=True).decode(), html.get_payload(decode=True).decode()


def normal(text):
    return text.replace("\r\n", "\n")


@settings(max_examples=400, deadline=None)
@given(
    compiled_issues, st.fixed_dictionaries({}, optional={"name": values, "address": values}), st.sets(st.integers(1, 3))
)
def test_the_decoded_message_equals_the_plain_rendering(compiled, given_values, topics):
    given_values["archive_url"] = "https://example.org/a/?x=1&y=2"
    message = build(compiled, given_values=given_values, topics=topics)
    expected = render_for(compiled, given_values, topics)
    parsed, text, html = bodies(message)
    assert normal(text) == normal(expected.text)
    assert normal(html) == normal(expected.html)
    subject = unfolded(parsed["Subject"])
    assert subject.strip() == expected.subject.strip()
    for line in message.split(b"\r\n"):
        assert not line.startswith(b".")
        assert b"\n" not in line
        assert b"\r" not in line
        assert line.isascii()
    body = message.partition(b"\r\n\r\n")[2]
    assert max(len(line) for line in body.split(b"\r\n")) <= 76


@given(values)
def test_a_value_is_a_piece_that_decodes_to_itself(value):
    value = clean_value(value)
    piece = encode_value(value)
    assert piece == b"" or piece.endswith(b"=\r\n")
    assert (
        email.message_from_bytes(b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + piece)
        .get_payload(decode=True)
        .decode()
        == value
    )
    assert all(len(line) <= 76 and not line.startswith((b".", b"From ")) for line in piece.split(b"\r\n"))


@pytest.mark.parametrize("length", range(70, 80))
@pytest.mark.parametrize("character", ["a", "é", "=", ".", " "])
def test_no_line_is_longer_than_76_at_any_length(length, character):
    for piece in (
        encode_text(character * length),
        encode_value(character * length),
        encode_text(character * length + "\n"),
    ):
        assert max(len(line) for line in piece.split(b"\r\n")) <= 76


def test_a_value_cannot_start_a_header():
    compiled = issue(subject=(Static("Hello "), Token("name", "friend")))
    message = build(compiled, given_values={"name": "Eve\r\nBcc: all@example.org"})
    assert email.message_from_bytes(message)["Bcc"] is None


def test_a_missing_link_stops_the_message():
    compiled = issue(text=(Token("unsubscribe_url"),))
    with pytest.raises(ValueMissing):
        build(compiled, given_values={})


def test_an_address_that_would_end_its_header_is_refused():
    compiled = issue()
    skeleton = Skeleton.of(compiled, Letterhead("", "a@example.org", "", "", "l.example.org", "x"))
    with pytest.raises(ValueError, match="address"):
        skeleton.message(
            address="a@example.org\r\nBcc: b@example.org",
            message_id="<1@x>",
            date=b"",
            unsubscribe_url="https://x/",
            values={},
            topics=(),
        )


def test_the_headers_of_a_list_are_there_once():
    message = build(issue(), given_values={})
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    assert parsed["List-Unsubscribe"] == "<https://example.org/u/abc>"
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "list-1.example.org" in parsed["List-Id"]
    assert parsed["Precedence"] == "bulk"
    assert parsed["Feedback-ID"] == "1:newsletter:courant"
    assert parsed.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]
    assert len(parsed.keys()) == len(set(parsed.keys()))


def issue(**changes):
    base = {
        "issue_id": 1, "newsletter_id": 1, "list_id": 1, "sender_name": "Institute",
        "sender_address": "news@example.org", "reply_to": "", "archive_url": "https://example.org/a/",
        "subject": (Static("News"),), "preheader": (), "html": (Static("<p>Hi</p>"),), "text": (Static("Hi\n"),),
    }  # fmt: skip
    return CompiledIssue(**{**base, **changes})
