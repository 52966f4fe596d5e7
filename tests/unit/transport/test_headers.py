"""Header lines: what goes in comes out again, and every line keeps the rules."""

from __future__ import annotations

import re
from email import message_from_string, policy
from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletters.transport.headers import (
    LINE,
    UnsafeHeader,
    encode_mailbox,
    encode_name,
    encode_text,
    encode_verbatim,
    encode_words,
    refuse_control_characters,
)

PRINTABLE = st.text(
    alphabet=st.characters(blacklist_categories=["Cc", "Cs"], blacklist_characters="\u2028\u2029"), max_size=200
)


def decoded(value: str) -> str:
    return str(make_header(decode_header(value.replace("\r\n", ""))))


def lines(name: str, value: str) -> list[str]:
    gap = "" if value.startswith("\r\n") else " "
    return f"{name}:{gap}{value}".split("\r\n")


@given(PRINTABLE)
def test_a_subject_is_read_back_as_it_was_written(text):
    value = encode_text(text, used=9)
    parsed = message_from_string(f"Subject: {value}\r\n\r\n", policy=policy.default)
    assert str(parsed["Subject"]) == text
    assert all(len(line) <= LINE or "=?" not in line for line in lines("Subject", value))


@given(PRINTABLE)
def test_encoded_words_are_at_most_75_characters_and_whole_characters(text):
    words = encode_words(text, used=9)
    assert all(len(word) <= 75 for word in words)
    for word in words:
        str(make_header(decode_header(word)))
    assert decoded(" ".join(words)) == text


@given(PRINTABLE, st.sampled_from(["a@example.org", "a.very.long.local.part.of.an.address@subdomain.example.org"]))
def test_a_name_never_becomes_part_of_the_address(name, address):
    value = encode_mailbox(name=name, address=address, used=4)
    parsed = message_from_string(f"To: {value}\r\n\r\n", policy=policy.default)["To"]
    assert [found.addr_spec for found in parsed.addresses] == [address]
    assert all(len(line) <= 78 for line in lines("To", value))


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Jo Smith", "Jo Smith"),
        ("Smith, Jo", '"Smith, Jo"'),
        ('Jo "the Q" Smith', r'"Jo \"the Q\" Smith"'),
        ("back\\slash", r'"back\\slash"'),
        ("a@b.c", '"a@b.c"'),
        ("Zoë", "=?utf-8?b?Wm/Dqw==?="),
        ("=?utf-8?q?trick?=", "=?utf-8?b?PT91dGYtOD9xP3RyaWNrPz0=?="),
        ("שלום", "=?utf-8?b?16nXnNeV150=?="),
        ("💌", "=?utf-8?b?8J+SjA==?="),
        ("", ""),
    ],
)
def test_names_are_plain_quoted_or_encoded(name, written):
    assert encode_name(name) == written


@pytest.mark.parametrize(
    "evil", ["a\nBcc: x@example.org", "a\rb", "a\r\n\r\nbody", "a\x00b", "a\u2028b", "a\x85b", "a\x0bb", "\x7f"]
)
def test_what_could_start_a_header_is_refused_everywhere(evil):
    for attempt in (
        refuse_control_characters,
        encode_text,
        encode_name,
        encode_verbatim,
        lambda value: encode_mailbox(name="", address=value),
    ):
        with pytest.raises(UnsafeHeader):
            attempt(evil)


def test_a_long_link_stays_whole_beside_its_name():
    link = f"<https://www.example.org/unsubscribe/{'a' * 150}/>"
    assert encode_verbatim(link, used=18) == link
    for bad in ("ü", "a" * 999):
        with pytest.raises(UnsafeHeader):
            encode_verbatim(bad)


def test_plain_words_are_folded_between_words():
    value = encode_text("word " * 40 + "end", used=9)
    assert value.replace("\r\n", "") == "word " * 40 + "end"
    assert all(re.fullmatch(r" ?(word ?|end)+", line) for line in value.split("\r\n"))
