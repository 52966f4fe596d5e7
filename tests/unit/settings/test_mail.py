"""The variables of bounces, DKIM and mail APIs: read, and refused in words."""

from __future__ import annotations

import pytest

from courant.settings.parts.environment import Environment
from courant.settings.parts.mail import mail_settings


def read(**values):
    env = Environment(values)
    return mail_settings(env), env.errors


def test_nothing_set_is_nothing_switched_on():
    found, errors = read()
    assert tuple(found) == ("", {}, {}, "", {})
    assert not errors


def test_a_mailbox_is_read_from_its_address():
    url = "imaps://bounces%40institute.example:s%3Acret@imap.example/Mail/Bounces?after=delete"
    found, errors = read(BOUNCE_ADDRESS="bounces@institute.example", BOUNCE_IMAP=url)
    assert not errors
    assert found.bounce_imap == {
        "host": "imap.example", "port": 993, "username": "bounces@institute.example", "password": "s:cret",
        "security": "tls", "folder": "Mail/Bounces", "removes": True,
    }  # fmt: skip


def test_a_provider_is_read_with_its_settings():
    found, errors = read(MAIL_API="postmark", MAIL_API_SETTINGS='{"POSTMARK_SERVER_TOKEN": "x"}')
    assert not errors
    assert (found.mail_api, found.anymail) == ("postmark", {"POSTMARK_SERVER_TOKEN": "x"})


def test_a_key_may_come_in_one_line():
    found, errors = read(DKIM_DOMAIN="institute.example", DKIM_SELECTOR="news", DKIM_KEY="a\\nb")
    assert not errors
    assert found.dkim["key"] == "a\nb"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"BOUNCE_ADDRESS": "no address"}, "BOUNCE_ADDRESS must be"),
        ({"BOUNCE_ADDRESS": "b" * 27 + "@institute.example"}, "at most 26"),
        ({"BOUNCE_ADDRESS": "b+b@institute.example"}, "BOUNCE_ADDRESS must be"),
        ({"BOUNCE_IMAP": "imaps://imap.example"}, "BOUNCE_ADDRESS is not"),
        ({"BOUNCE_ADDRESS": "b@institute.example", "BOUNCE_IMAP": "pop3://x"}, "BOUNCE_IMAP must be"),
        ({"DKIM_DOMAIN": "institute.example"}, "belong together"),
        ({"MAIL_API": "postmark"}, "provider's key is missing"),
        ({"MAIL_API": "postmark", "MAIL_API_SETTINGS": "[1]"}, "must be JSON"),
        ({"MAIL_API_SETTINGS": "{"}, "must be JSON"),
    ],
)
def test_what_is_malformed_is_said(values, words):
    _, errors = read(**values)
    assert any(words in error for error in errors)
