"""The SMTP that the mailbox speaks, to the byte."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courant.mailbox import smtp
from courant.mailbox.behaviour import Behaviour, write_behaviour

if TYPE_CHECKING:
    from courant.mailbox.storage import StoredMessage

HELLO = b"EHLO test.example\r\n"
QUIT = b"QUIT\r\n"


def transaction(content: bytes = b"Subject: x\r\n\r\nHello\r\n", *recipients: bytes) -> bytes:
    names = recipients or (b"ada@example.org",)
    rcpt = b"".join(b"RCPT TO:<" + name + b">\r\n" for name in names)
    return b"MAIL FROM:<sender@example.org>\r\n" + rcpt + b"DATA\r\n" + content + b".\r\n"


def codes(lines: list[str]) -> list[int]:
    return [int(line[:3]) for line in lines if line[3] == " "]


def kept(mailbox) -> list[StoredMessage]:
    return list(mailbox.messages())[::-1]


def test_a_pipelined_conversation_is_answered_in_order(converse, mailbox):
    lines = converse(HELLO + transaction() + transaction(b"Subject: y\r\n\r\nTwo\r\n") + QUIT)
    assert codes(lines) == [220, 250, 250, 250, 354, 250, 250, 250, 354, 250, 221]
    assert [message.subject for message in kept(mailbox)] == ["x", "y"]


def test_the_extensions_that_are_offered_are_those_of_the_standard(converse):
    lines = converse(HELLO + QUIT)
    offered = {line[4:].split()[0] for line in lines if line.startswith("250")}
    assert offered >= {"PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"}


def test_what_is_kept_is_what_was_sent_and_who_was_named(converse, mailbox):
    content = b"Subject: =?utf-8?q?caf=C3=A9?=\r\nDelivered-To: not@an.envelope\r\n\r\n8bit \xe2\x82\xac\r\n"
    converse(HELLO + transaction(content, b"ada@example.org", b"bob@example.org") + QUIT)
    [message] = kept(mailbox)
    assert message.raw == content
    assert message.envelope.sender == "sender@example.org"
    assert message.envelope.recipients == ("ada@example.org", "bob@example.org")
    assert message.subject == "café"


def test_an_empty_sender_is_allowed_as_bounces_have_it(converse, mailbox):
    converse(HELLO + transaction().replace(b"sender@example.org", b"") + QUIT)
    assert kept(mailbox)[0].envelope.sender == ""


@pytest.mark.parametrize(
    ("stuffed", "plain"),
    [
        (b"..\r\n", b".\r\n"),
        (b"...\r\n", b"..\r\n"),
        (b"a\r\n..b\r\n", b"a\r\n.b\r\n"),
        (b"a.\r\n", b"a.\r\n"),
        (b"", b""),
        (b"\r\n", b"\r\n"),
        (b"a\n.\nb\r\n", b"a\n.\nb\r\n"),
    ],
)
def test_dots_are_unstuffed_and_only_crlf_ends_a_line(converse, mailbox, stuffed, plain):
    converse(HELLO + transaction(stuffed) + QUIT)
    assert [message.raw for message in kept(mailbox)] == [plain]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(st.binary(max_size=30).map(lambda line: re.sub(rb"[\r\n]", b"", line)), max_size=8),
    cut=st.integers(min_value=1, max_value=40),
)
def test_any_content_survives_however_the_network_cuts_it(converse, mailbox, lines, cut):
    mailbox.delete_all()
    content = b"".join(line + b"\r\n" for line in lines)
    stuffed = b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines)
    sent = HELLO + transaction(stuffed) + QUIT
    answer = converse(*[sent[start : start + cut] for start in range(0, len(sent), cut)])
    assert codes(answer)[-2:] == [250, 221]
    assert [message.raw for message in kept(mailbox)] == [content]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (b"RCPT TO:<ada@example.org>\r\n", 503),
        (b"DATA\r\n", 503),
        (b"MAIL FROM:nobody\r\n", 501),
        (b"MAIL TO:<a@b>\r\n", 501),
        (b"MAIL FROM:<a@b> SIZE=99999999999\r\n", 552),
        (b"FROBNICATE\r\n", 500),
        (b"\r\n", 500),
        (b"NOOP " + b"x" * 5000 + b"\r\n", 500),
        (b"\xff\xfe\r\n", 500),
        (b"VRFY ada\r\n", 252),
        (b"rset\r\n", 250),
        (b"mail from:<a@b.example> body=8BITMIME\r\n", 250),
    ],
)
def test_a_wrong_command_is_refused_and_the_conversation_goes_on(converse, mailbox, command, code):
    lines = converse(HELLO + command + b"RSET\r\n" + transaction() + QUIT)
    assert codes(lines)[2] == code
    assert codes(lines)[-2:] == [250, 221]
    assert len(kept(mailbox)) == 1


def test_data_without_a_valid_recipient_is_refused(converse, mailbox):
    write_behaviour(root=mailbox.root, behaviour=Behaviour(refuse={"*@full.example": 452}))
    lines = converse(HELLO + b"MAIL FROM:<a@b.example>\r\nRCPT TO:<x@full.example>\r\nDATA\r\nRSET\r\n" + QUIT)
    assert codes(lines) == [220, 250, 250, 452, 554, 250, 221]


def test_a_message_that_is_too_big_is_read_to_its_end_and_refused(converse, mailbox, monkeypatch):
    monkeypatch.setattr(smtp, "MAXIMUM_MESSAGE", 1000)
    lines = converse(HELLO + transaction(b"x" * 5000 + b"\r\n"), transaction() + QUIT)
    assert codes(lines)[5] == 552
    assert [message.raw for message in kept(mailbox)] == [b"Subject: x\r\n\r\nHello\r\n"]


def test_too_many_recipients_are_put_off(converse, monkeypatch):
    monkeypatch.setattr(smtp, "MAXIMUM_RECIPIENTS", 2)
    lines = converse(HELLO + transaction(b"x\r\n", b"a@e.org", b"b@e.org", b"c@e.org") + QUIT)
    assert codes(lines)[3:6] == [250, 250, 452]


def test_recipients_are_refused_as_the_mailbox_was_told(converse, mailbox):
    write_behaviour(root=mailbox.root, behaviour=Behaviour(refuse={"*@Gone.example": 550}))
    lines = converse(HELLO + transaction(b"x\r\n", b"ada@gone.example", b"bob@example.org") + QUIT)
    assert codes(lines) == [220, 250, 250, 550, 250, 354, 250, 221]
    assert kept(mailbox)[0].envelope.recipients == ("bob@example.org",)


def test_a_421_closes_the_connection(converse, mailbox):
    write_behaviour(root=mailbox.root, behaviour=Behaviour(refuse={"*": 421}))
    assert codes(converse(HELLO + transaction() + QUIT)) == [220, 250, 250, 421]


def test_a_slow_mailbox_waits_for_each_message_and_for_nothing_else(converse, mailbox, monkeypatch):
    write_behaviour(root=mailbox.root, behaviour=Behaviour(delay=0.25))
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(smtp.asyncio, "sleep", sleep)
    converse(HELLO + transaction() + transaction() + QUIT)
    assert [seconds for seconds in waited if seconds] == [0.25, 0.25]
    assert len(kept(mailbox)) == 2


def test_a_line_cut_before_the_answer_leaves_the_message_and_an_unsure_sender(converse, mailbox):
    write_behaviour(root=mailbox.root, behaviour=Behaviour(hang_up=("unsure@*",)))
    lines = converse(HELLO + transaction(b"x\r\n", b"unsure@example.org") + QUIT)
    assert codes(lines) == [220, 250, 250, 250, 354]
    assert len(kept(mailbox)) == 1


def test_a_sender_that_vanishes_in_the_middle_leaves_nothing(converse, mailbox):
    converse(HELLO + transaction()[:-3])
    assert kept(mailbox) == []
    assert list(mailbox.root.iterdir()) == []


def test_a_full_disk_puts_the_message_off_and_leaves_nothing(converse, mailbox, monkeypatch):
    def no_space(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("courant.mailbox.storage._write", no_space)
    lines = converse(HELLO + transaction() + QUIT)
    assert codes(lines)[-2:] == [452, 221]
    assert list(mailbox.root.iterdir()) == []
