"""Files of mail: named by time, whole or not there."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courant.mailbox.behaviour import Behaviour, read_behaviour, write_behaviour


def keep(mailbox, subject="Hello", recipients=("ada@example.org",)):
    content = f"Subject: {subject}\r\n\r\nText\r\n".encode()
    return mailbox.keep(sender="s@example.org", recipients=list(recipients), content=content)


def test_messages_come_newest_first(mailbox):
    names = [keep(mailbox, str(number)) for number in range(5)]
    assert mailbox.names() == names[::-1]
    assert [message.subject for message in mailbox.messages()] == ["4", "3", "2", "1", "0"]


def test_a_search_finds_a_part_of_an_address_in_any_case(mailbox):
    keep(mailbox, "one", ["Ada@Example.org", "bob@example.org"])
    keep(mailbox, "two", ["carol@example.com"])
    assert [message.subject for message in mailbox.messages(recipient=" ADA@ex")] == ["one"]
    assert [message.subject for message in mailbox.messages(recipient="example")] == ["two", "one"]
    assert list(mailbox.messages(recipient="dave")) == []


def test_an_envelope_longer_than_the_head_that_is_read_is_found_whole(mailbox):
    recipients = [f"{'x' * 50}{number}@example.org" for number in range(900)]
    name = keep(mailbox, recipients=recipients)
    assert mailbox.find(name).envelope.recipients == tuple(recipients)


@pytest.mark.parametrize("name", ["", "..", "../secrets", "a/b", "20260101T000000.000000-1.eml", ".hidden", "x" * 300])
def test_a_name_that_is_none_finds_nothing(mailbox, name):
    assert mailbox.find(name) is None


def test_a_message_deleted_while_it_is_listed_is_left_out(mailbox):
    keep(mailbox, "one")
    name = keep(mailbox, "two")
    listed = mailbox.messages(recipient="ada")
    (mailbox.root / f"{name}.eml").unlink()
    assert [message.subject for message in listed if message.path.exists()] == ["one"]


def test_delete_all_leaves_the_behaviour_alone(mailbox):
    write_behaviour(root=mailbox.root, behaviour=Behaviour(delay=1.0))
    keep(mailbox)
    assert mailbox.delete_all() == 1
    assert mailbox.names() == []
    assert read_behaviour(mailbox.root).delay == 1.0


def test_only_the_owner_may_read_mail(mailbox):
    name = keep(mailbox)
    assert (mailbox.root / f"{name}.eml").stat().st_mode & 0o777 == 0o600


def test_a_mailbox_without_a_folder_is_empty(tmp_path):
    from courant.mailbox.storage import Mailbox

    assert Mailbox(tmp_path / "nowhere").names() == []


def test_a_charset_nobody_knows_is_no_error(mailbox):
    content = b"Content-Type: text/html; charset=klingon\r\n\r\n<p>\xff</p>\r\n"
    name = mailbox.keep(sender="", recipients=["a@example.org"], content=content)
    assert mailbox.find(name).html == ""
    assert mailbox.find(name).raw == content


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200))
def test_every_content_comes_back_to_the_byte(mailbox, content):
    name = mailbox.keep(sender="s@e.org", recipients=["a@example.org"], content=content)
    assert mailbox.find(name).raw == content


@pytest.mark.parametrize("text", ["", "{", "[]", '{"delay": "soon"}', '{"refuse": 3}', '{"refuse": {"*": "x"}}'])
def test_a_spoilt_behaviour_is_none(mailbox, text):
    (mailbox.root / "behaviour.json").write_text(text)
    assert read_behaviour(mailbox.root) == Behaviour()


def test_a_behaviour_is_read_as_it_was_written(mailbox):
    behaviour = Behaviour(delay=0.5, refuse={"*@x.example": 550}, hang_up=("a@*",))
    write_behaviour(root=mailbox.root, behaviour=behaviour)
    assert read_behaviour(mailbox.root) == behaviour
