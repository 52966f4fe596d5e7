"""A provider's answers in the vocabulary of routes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from anymail.exceptions import AnymailRequestsAPIError
from requests import Response

from newsletters.transport.api import MOST_REST, ApiRoute, RouteRests, _trouble, as_django_message
from newsletters.transport.routes import ConnectionTrouble, PermanentFailure, Stage


def answer(code, **headers):
    response = Response()
    response.status_code, response.reason, response._content = code, "Because", b"words"
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return _trouble(AnymailRequestsAPIError(response=response))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7), ("0", 1), ("86400", MOST_REST), ("soon", 30), ("", 30)],
)
def test_a_route_rests_as_long_as_it_is_told_within_reason(value, seconds):
    trouble = answer(429, Retry_After=value)
    assert isinstance(trouble, RouteRests)
    assert trouble.seconds == seconds
    assert not trouble.outcome_unknown


def test_a_rest_may_be_told_as_a_date():
    trouble = answer(503, Retry_After=format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True))
    assert 50 < trouble.seconds <= 60


@pytest.mark.parametrize("code", [401, 402, 403, 404])
def test_what_speaks_of_our_account_is_trouble_of_the_route(code):
    trouble = answer(code)
    assert isinstance(trouble, ConnectionTrouble)
    assert not trouble.outcome_unknown


@pytest.mark.parametrize("code", [200, 500, 502, 504])
def test_an_answer_that_says_nothing_leaves_the_outcome_unknown(code):
    trouble = answer(code)
    assert isinstance(trouble, ConnectionTrouble)
    assert trouble.outcome_unknown


@pytest.mark.parametrize("code", [400, 413, 422])
def test_a_request_that_is_turned_down_may_be_the_messages_fault(code):
    trouble = answer(code)
    assert isinstance(trouble, PermanentFailure)
    assert trouble.stage is Stage.MAIL


def test_settings_that_make_no_backend_are_said_in_words():
    with pytest.raises(ConnectionTrouble) as caught:
        ApiRoute("no_such_provider").open()
    assert "MAIL_API cannot be used" in caught.value.reply


def test_a_message_without_html_and_with_an_odd_name_is_taken_apart():
    raw = (
        b"From: =?utf-8?q?Gr=C3=BC=C3=9Fe?= <a@b.example>\r\nTo: <c@d.example>\r\nSubject: x\r\n y\r\nX-Own: z\r\n"
        b"DKIM-Signature: v=1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n"
    )
    mail = as_django_message(raw, recipient="c@d.example")
    assert (mail.subject, mail.body.strip(), mail.alternatives) == ("x y", "Hello", [])
    assert mail.from_email == "Grüße <a@b.example>"
    assert mail.extra_headers == {"X-Own": "z"}
