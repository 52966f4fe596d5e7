"""Whole messages, read back as a mail program reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletters.transport.headers import UnsafeHeader
from newsletters.transport.messages import (
    Letter,
    ListHeaders,
    Mailbox,
    build_message,
    derived_message_id,
    encode_message,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LIST = ListHeaders("round.example.org", "The round", f"https://example.org/unsubscribe/t1.{'A' * 80}/")
BODY = st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc"], whitelist_characters="\n"), max_size=400)


def letter(**changes) -> Letter:
    facts = {
        "sender": Mailbox("news@example.org", "The Institute"),
        "recipient": Mailbox("jo@example.org", "Jo"),
        "subject": "Hello",
        "text": "Hello\n",
        "html": "<p>Hello</p>",
        "date": NOW,
        "message_id": "<1@example.org>",
    }
    return Letter(**(facts | changes))


def read(made: Letter):
    return message_from_bytes(encode_message(build_message(made)), policy=policy.default)


@given(text=BODY, html=BODY)
def test_bodies_arrive_as_written_on_lines_of_at_most_76(text, html):
    raw = encode_message(build_message(letter(text=text, html=html or "x")))
    assert raw.isascii()
    assert all(len(line) <= 76 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    plain, rich = message_from_bytes(raw, policy=policy.default).iter_parts()
    assert plain.get_content().replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")
    assert rich.get_content().replace("\r\n", "\n").rstrip("\n") == (html or "x").rstrip("\n")
    assert plain["Content-Transfer-Encoding"] == rich["Content-Transfer-Encoding"] == "quoted-printable"


def test_a_list_mail_can_be_left_with_one_click():
    message = read(letter(mailing_list=LIST, feedback_id="12:round:courant"))
    assert message["List-Unsubscribe"] == f"<{LIST.unsubscribe_url}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == "The round <round.example.org>"
    assert message["Precedence"] == "bulk"
    assert message["Feedback-ID"] == "12:round:courant"
    assert message["Auto-Submitted"] is None


def test_a_list_with_a_name_that_a_list_id_cannot_hold_goes_without_it():
    named = ListHeaders("round.example.org", "Zoë's round", LIST.unsubscribe_url)
    assert read(letter(mailing_list=named))["List-Id"] == "<round.example.org>"


def test_an_automatic_mail_says_so_and_is_no_list():
    message = read(letter(automatic=True))
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] is None
    assert message["Precedence"] is None


@pytest.mark.parametrize("name", ["Zoë “Q” O'Neil, Ltd.", "שלום עולם", "💌" * 40, 'quo"ted\\name', "a" * 200, ""])
def test_names_arrive_as_written(name):
    made = letter(sender=Mailbox("news@example.org", name), recipient=Mailbox("jo@example.org", name))
    raw = message_from_bytes(encode_message(build_message(made)), policy=policy.compat32)
    for header, address in (("From", "news@example.org"), ("To", "jo@example.org")):
        found_name, found_address = parseaddr(raw[header].replace("\r\n", ""))
        # RFC 2047 §6.2: the space between two encoded words is not part of the text (the newer parser keeps it).
        assert (str(make_header(decode_header(found_name))), found_address) == (name, address)


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "Hello\r\nBcc: all@example.org"},
        {"recipient": Mailbox("jo@example.org\r\nBcc: x@example.org")},
        {"recipient": Mailbox("jo@example.org", "Jo\nBcc: x@example.org")},
        {"sender": Mailbox("not an address")},
        {"message_id": "<1@example.org>\r\nX: y"},
        {"feedback_id": "a\nb"},
        {"extra_headers": {"X-Note": "a\r\nb"}},
        {"mailing_list": ListHeaders("a.example.org\r\nX: y", "n", "https://example.org/")},
    ],
)
def test_headers_that_somebody_tries_to_add_are_refused(changes):
    with pytest.raises(UnsafeHeader):
        encode_message(build_message(letter(**changes)))


def test_the_same_letter_is_the_same_bytes_and_the_same_message_id():
    made = letter(message_id=derived_message_id("mailing", "7", "42"))
    assert encode_message(build_message(made)) == encode_message(build_message(made))
    assert derived_message_id("mailing", "7", "42") != derived_message_id("mailing", "74", "2")


def test_a_mail_without_html_is_one_part():
    message = read(letter(html=""))
    assert message.get_content_type() == "text/plain"
    assert message.get_content() == "Hello\r\n"
