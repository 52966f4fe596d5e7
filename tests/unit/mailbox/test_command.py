"""`manage.py mailbox`."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from courant.mailbox.behaviour import Behaviour, read_behaviour
from courant.mailbox.storage import Mailbox


@pytest.fixture(autouse=True)
def root(settings, tmp_path):
    settings.MAILBOX_ROOT = tmp_path / "mailbox"
    return settings.MAILBOX_ROOT


def test_it_sets_what_it_is_told_and_keeps_the_rest(root, capsys):
    call_command("mailbox", "--delay", "0.2")
    call_command("mailbox", "--refuse", "*@full.example:452", "--hang-up", "unsure@*")
    assert read_behaviour(root) == Behaviour(delay=0.2, refuse={"*@full.example": 452}, hang_up=("unsure@*",))
    call_command("mailbox", "--reset")
    assert read_behaviour(root) == Behaviour()


def test_it_empties_the_mailbox(root, capsys):
    root.mkdir()
    Mailbox(root).keep(sender="", recipients=["a@example.org"], content=b"x")
    call_command("mailbox", "--empty")
    assert Mailbox(root).names() == []
    assert "1 messages deleted" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "x", "x:", ":550", "x:250", "x:abc"])
def test_a_refusal_that_is_none_is_explained(text):
    with pytest.raises(CommandError, match="PATTERN:CODE"):
        call_command("mailbox", "--refuse", text)


def test_it_says_that_production_has_no_mailbox(settings):
    settings.COURANT_MAILBOX = False
    with pytest.raises(CommandError, match="SMTP_URL"):
        call_command("mailbox")
