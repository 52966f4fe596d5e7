"""The bounce mailbox: each message once, whatever breaks in between."""

from __future__ import annotations

import pytest

from newsletters.delivery.bounces.mailbox import ImapMailbox, MailboxTroubleError, read_mailbox
from newsletters.delivery.models import BounceMailbox, Returned
from newsletters.delivery.tasks import read_bounces
from tests.factories.returned import postfix
from tests.integration.delivery.imap import ScriptedMailbox

pytestmark = pytest.mark.django_db
MESSAGES = [sample.raw for sample in postfix.SAMPLES[:5]]


def mailbox_at(server, **changes):
    values = {"host": "127.0.0.1", "port": server.port, "username": "bounces", "password": "secret", "security": "none"}
    return ImapMailbox(**{**values, **changes})


def test_everything_is_read_once_and_left_where_it_is():
    with ScriptedMailbox(*MESSAGES) as server:
        reading = read_mailbox(mailbox_at(server))
        assert (reading.read, reading.new, reading.is_done) == (5, 5, True)
        assert read_mailbox(mailbox_at(server)).read == 0
        server.add(postfix.SAMPLES[6].raw)
        assert read_mailbox(mailbox_at(server)).read == 1
        assert server.fetched == [1, 2, 3, 4, 5, 6]
        assert not any("STORE" in line or "EXPUNGE" in line for line in server.log)
    assert Returned.objects.count() == 6


def test_a_reading_that_broke_off_goes_on_where_it_ended():
    with ScriptedMailbox(*MESSAGES) as server:
        server.drop_after = 3
        with pytest.raises(MailboxTroubleError):
            read_mailbox(mailbox_at(server))
        assert Returned.objects.count() == 3
        assert BounceMailbox.objects.get().last_uid == 3
        server.drop_after = None
        assert read_mailbox(mailbox_at(server)).read == 2
    assert Returned.objects.count() == 5


def test_a_mailbox_that_was_renumbered_is_read_again_and_nothing_counts_twice():
    with ScriptedMailbox(*MESSAGES) as server:
        read_mailbox(mailbox_at(server))
        del server.messages[1]
        server.renumber(8)
        reading = read_mailbox(mailbox_at(server))
    assert (reading.read, reading.new) == (4, 0)
    assert Returned.objects.count() == 5


def test_what_has_been_committed_is_removed_when_the_setting_says_so():
    with ScriptedMailbox(*MESSAGES) as server:
        assert read_mailbox(mailbox_at(server, removes=True)).new == 5
        assert server.messages == {}
    assert Returned.objects.count() == 5


def test_a_reading_stops_when_its_time_is_up():
    with ScriptedMailbox(*MESSAGES) as server:
        reading = read_mailbox(mailbox_at(server), box=-1)
    assert (reading.read, reading.is_done) == (0, False)


def test_a_wrong_password_is_said_without_the_password():
    with ScriptedMailbox(*MESSAGES) as server, pytest.raises(MailboxTroubleError) as caught:
        read_mailbox(mailbox_at(server, password="guess-this"))
    assert "BOUNCE_IMAP" in str(caught.value)
    assert "guess-this" not in str(caught.value)


def test_the_task_reads_the_mailbox_of_the_settings_and_outlives_its_absence(settings, free_port):
    with ScriptedMailbox(*MESSAGES) as server:
        settings.BOUNCE_IMAP = {
            "host": "127.0.0.1", "port": server.port, "username": "b", "password": "secret", "security": "none",
        }  # fmt: skip
        read_bounces()
    assert Returned.objects.count() == 5
    settings.BOUNCE_IMAP = {**settings.BOUNCE_IMAP, "port": free_port}
    read_bounces()
    settings.BOUNCE_IMAP = {}
    read_bounces()
