"""One relay, asked politely, its every answer classified."""

from __future__ import annotations

import socket

import pytest

from newsletters.transport.routes import ConnectionTrouble, PermanentFailure, Stage, TemporaryFailure, enhanced_status
from newsletters.transport.smtp import SmtpRoute, default_route

from .conftest import check_login

MESSAGE = b"Subject: x\r\n\r\nline\r\n.dot\r\n..two\r\n"


def send(port: int, **changes):
    facts = {"sender": "bounces@example.org", "recipient": "jo@example.org", "message": MESSAGE}
    route = changes.pop("route", None) or SmtpRoute(host="127.0.0.1", port=port, timeout=5)
    with route.session() as session:
        return session.send(**(facts | changes))


def test_a_message_arrives_byte_for_byte_and_the_answer_is_kept(listening, sink):
    with listening() as port:
        receipt = send(port)
    assert (receipt.code, receipt.status, receipt.reply) == (250, "2.0.0", "2.0.0 queued as ABC123")
    assert sink.messages == [("bounces@example.org", ["jo@example.org"], MESSAGE)]


@pytest.mark.parametrize(
    ("command", "answer", "kind", "stage"),
    [
        ("mail", "451 4.3.0 later", TemporaryFailure, Stage.MAIL),
        ("mail", "550 5.7.1 not from you", PermanentFailure, Stage.MAIL),
        ("rcpt", "450 4.2.1 greylisted", TemporaryFailure, Stage.RECIPIENT),
        ("rcpt", "550 5.1.1 no such user jo@example.org", PermanentFailure, Stage.RECIPIENT),
        ("rcpt", "421 4.7.0 closing", ConnectionTrouble, Stage.RECIPIENT),
        ("data", "452 4.3.1 full", TemporaryFailure, Stage.DATA),
        ("data", "554 5.6.0 content", PermanentFailure, Stage.DATA),
    ],
)
def test_answers_are_classified_by_code_and_stage(listening, sink, command, answer, kind, stage):  # noqa: PLR0913, PLR0917 (fixtures and cases)
    sink.answers[command] = answer
    with listening() as port, pytest.raises(kind) as failed:
        send(port)
    error = failed.value
    assert (error.stage, error.code, error.status) == (stage, int(answer[:3]), answer.split()[1])
    assert "example.org" not in str(error)
    assert not sink.messages


def test_a_refused_recipient_does_not_end_the_session(listening, sink):
    with listening() as port, SmtpRoute(host="127.0.0.1", port=port).session() as session:
        for command, answer in (("rcpt", "550 5.1.1 no"), ("data", "451 4.0.0 later"), ("mail", "452 4.0.0 later")):
            sink.answers = {command: answer}
            with pytest.raises((PermanentFailure, TemporaryFailure)):
                session.send(sender="a@example.org", recipient="b@example.org", message=MESSAGE)
        sink.answers = {}
        session.send(sender="a@example.org", recipient="c@example.org", message=MESSAGE)
    assert [recipients for _, recipients, _ in sink.messages] == [["c@example.org"]]


def test_a_connection_lost_after_the_message_leaves_the_outcome_unknown(listening, sink):
    sink.answers["data"] = "hang up"
    with listening() as port, pytest.raises(ConnectionTrouble) as failed:
        send(port)
    assert failed.value.outcome_unknown


def test_nobody_listening_is_trouble_with_the_connection():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionTrouble) as failed:
            send(taken.getsockname()[1])
    assert (failed.value.stage, failed.value.outcome_unknown) == (Stage.CONNECT, False)


def test_a_relay_that_never_greets_is_given_up_after_the_timeout():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        route = SmtpRoute(host="127.0.0.1", port=silent.getsockname()[1], timeout=0.2)
        with pytest.raises(ConnectionTrouble):
            send(0, route=route)


def test_something_that_is_no_mail_server_is_trouble_with_the_connection():
    import threading

    def answer() -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(ConnectionTrouble):
            send(server.getsockname()[1])
        thread.join()


def test_an_address_with_a_line_break_never_reaches_the_wire(listening, sink):
    with listening() as port:
        for changes in ({"recipient": "a@example.org\r\nDATA"}, {"sender": "a@example.org\nRSET"}):
            with pytest.raises(ValueError, match="one line"):
                send(port, **changes)
    assert not sink.messages


class TestTls:
    def test_starttls_with_a_certificate_that_holds(self, listening, sink, server_context, trusting_context):
        with listening(smtp_options={"tls_context": server_context, "require_starttls": True}) as port:
            route = SmtpRoute("127.0.0.1", port, security="starttls", tls_context=trusting_context, timeout=5)
            send(port, route=route)
        assert len(sink.messages) == 1

    @pytest.mark.parametrize("security", ["starttls", "tls"])
    def test_a_certificate_that_nobody_trusts_is_refused(self, listening, sink, server_context, security):
        options = {"smtp_options": {"tls_context": server_context}}
        if security == "tls":
            options = {"ssl_context": server_context}
        with listening(**options) as port, pytest.raises(ConnectionTrouble) as failed:
            send(port, route=SmtpRoute("127.0.0.1", port, security=security, timeout=5))
        assert failed.value.stage == Stage.CONNECT
        assert not sink.messages

    def test_a_relay_that_offers_no_tls_is_not_used_without(self, listening, sink):
        with listening() as port, pytest.raises(ConnectionTrouble):
            send(port, route=SmtpRoute("127.0.0.1", port, security="starttls", timeout=5))
        assert not sink.messages

    def test_a_login_that_fails_concerns_the_route_not_the_recipient(
        self, listening, sink, server_context, trusting_context
    ):
        options = {"tls_context": server_context, "authenticator": check_login, "auth_required": True}
        with listening(smtp_options=options) as port:
            facts = {"security": "starttls", "tls_context": trusting_context, "username": "relay", "timeout": 5}
            send(port, route=SmtpRoute("127.0.0.1", port, password="secret", **facts))
            wrong = SmtpRoute("127.0.0.1", port, password="wrong", **facts)
            with pytest.raises(ConnectionTrouble) as failed:
                send(port, route=wrong)
        assert failed.value.code == 535
        assert "wrong" not in repr(wrong)
        assert len(sink.messages) == 1


def test_the_default_route_is_what_the_settings_say(settings):
    settings.SMTP = {"host": "relay.example.org", "port": 587, "username": "u", "password": "p", "security": "starttls"}
    assert default_route().name == "smtp:relay.example.org:587"
    settings.SMTP = {}
    with pytest.raises(ConnectionTrouble):
        default_route()


@pytest.mark.parametrize(
    ("reply", "status"), [("5.1.1 no", "5.1.1"), ("no", ""), ("4.2.1\nmore", "4.2.1"), ("9.1.1 x", ""), ("5.1.1x", "")]
)
def test_an_enhanced_status_is_read_only_where_it_stands(reply, status):
    assert enhanced_status(reply) == status
