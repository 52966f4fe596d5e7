"""What each answer of a server means for a recipient."""

from __future__ import annotations

import asyncio
from collections import deque

import pytest

from newsletters.delivery.ledger import Place
from newsletters.delivery.smtp.conversation import Conversation
from newsletters.delivery.smtp.parcels import Parcel
from newsletters.delivery.states import Outcome
from newsletters.transport.routes import ConnectionTrouble
from newsletters.transport.smtp import SmtpRoute
from tests.integration.delivery.servers import CLOSE, ScriptedServer

BODY = b"Subject: x\r\n\r\n" + b"y" * 70 + b"\r\n"
LARGE = b"Subject: x\r\n\r\n" + (b"y" * 70 + b"\r\n") * 400_000


class TestDesk:
    """Hands out parcels and keeps what it hears."""

    __test__ = False

    def __init__(self, count, data=BODY):
        self.granted = deque(
            Parcel(Place(n, n, f"r{n}@example.org", {}, 0), "news@example.org", f"r{n}@example.org", data)
            for n in range(1, count + 1)
        )
        self.returned = deque()
        self.results = {}
        self.trouble = []
        self.allowed = True
        self.wake = asyncio.Event()

    def take(self, *, fresh):
        if fresh and self.returned:
            return self.returned.popleft()
        return self.granted.popleft() if self.granted else None

    def may_send(self, parcel):  # noqa: ARG002 (the desk's signature)
        return self.allowed

    def done(self, parcel, result):
        assert parcel.place.number not in self.results
        self.results[parcel.place.number] = result

    def give_back(self, parcel):
        self.returned.append(parcel)

    def closed(self, conversation, trouble):  # noqa: ARG002 (a connection's signature)
        if trouble is not None:
            self.trouble.append(trouble)
        self.wake.set()


async def serve(  # noqa: PLR0913 (one argument a thing a test varies)
    desk, server, *, most=1000, connections=20, security="none", command_timeout=5.0, context=None
):
    """Open one connection after the other until nobody is left."""
    for _ in range(connections):
        if not (desk.granted or desk.returned):
            break
        desk.wake.clear()
        route = SmtpRoute("127.0.0.1", server.port, security=security, tls_context=context)
        conversation = Conversation(
            route=route, desk=desk, closed=desk.closed, most=most, timeouts=(command_timeout, command_timeout)
        )
        try:
            await conversation.open(5)
        except ConnectionTrouble as trouble:
            desk.trouble.append(trouble)
            continue
        conversation.offer()
        while not desk.wake.is_set():
            if conversation.is_idle:
                conversation.end()
                break
            if conversation.loop.time() > conversation.deadline:
                conversation.abandon("no answer in time")
            await asyncio.sleep(0.002)


def run(count, script=None, *, data=BODY, desk_setup=None, serving=None, **options):
    async def go():
        desk = TestDesk(count, data)
        if desk_setup:
            desk_setup(desk)
        with ScriptedServer(script, **options) as server:
            await serve(desk, server, **(serving or {}))
            await asyncio.sleep(0.02)
            return desk, server

    return asyncio.run(go())


def outcomes(desk):
    return {number: result.state for number, result in desk.results.items()}


@pytest.mark.parametrize("pipelining", [True, False])
def test_all_are_accepted_once_over_one_connection(pipelining):
    desk, server = run(30, pipelining=pipelining)
    assert set(outcomes(desk).values()) == {Outcome.ACCEPTED}
    assert server.talks == 1
    assert list(server.deliveries.values()) == [1] * 30
    assert all(data == BODY for _, _, data in server.accepted)


def only(stage, number, reply):
    """A script that answers `reply` at one stage for one recipient, whatever the connection."""
    current = {}

    def script(at, argument, talk):
        if at in ("rcpt", "middle", "body"):
            current[talk.number] = argument
        if at == "mail" and stage == "mail":
            # MAIL names nobody; the parcel is known by the order.
            return None
        if at == stage and (number is None or argument == f"r{number}@example.org"):
            return reply
        return None

    return script


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(
    ("stage", "reply", "expected"),
    [
        ("rcpt", "450 4.2.1 try later", Outcome.DEFERRED),
        ("rcpt", "451 4.7.1 greylisted, come back in 5 minutes", Outcome.DEFERRED),
        ("rcpt", "550 5.1.1 no such user", Outcome.REJECTED),
        ("data", "451 4.3.0 not now", Outcome.DEFERRED),
        ("data", "554 5.7.1 not you", Outcome.REJECTED),
        ("body", "452 4.2.2 mailbox full", Outcome.DEFERRED),
        ("body", "421 4.7.0 too many", Outcome.DEFERRED),
        ("body", "552 5.3.4 too big", Outcome.REJECTED),
    ],
)
def test_one_refusal_concerns_one_recipient(pipelining, stage, reply, expected):
    desk, server = run(7, only(stage, 3, reply), pipelining=pipelining)
    states = outcomes(desk)
    assert states.pop(3) is expected
    assert set(states.values()) == {Outcome.ACCEPTED}
    assert len(states) == 6
    assert desk.results[3].code == int(reply[:3])
    assert desk.results[3].text == reply[4:]
    assert server.deliveries["r3@example.org"] == 0


@pytest.mark.parametrize("pipelining", [True, False])
def test_data_that_is_taken_for_nobody_is_ended_with_an_empty_message(pipelining):
    def script(stage, argument, talk):
        if stage == "rcpt" and argument.startswith("r2@"):
            return "550 5.1.1 no such user"
        if stage == "data" and not argument:
            return "354 go on anyway"
        return None

    desk, server = run(4, script, pipelining=pipelining)
    assert outcomes(desk) == {1: Outcome.ACCEPTED, 2: Outcome.REJECTED, 3: Outcome.ACCEPTED, 4: Outcome.ACCEPTED}
    assert len(server.accepted) == 3


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_421_before_a_body_sends_the_recipient_over_a_fresh_connection(pipelining, stage):
    def script(at, argument, talk):
        return "421 4.3.2 shutting down CLOSE" if at == stage and talk.number == 1 and talk.messages == 2 else None

    desk, server = run(6, script, pipelining=pipelining)
    assert set(outcomes(desk).values()) == {Outcome.ACCEPTED}
    assert set(server.deliveries.values()) == {1}
    assert len(server.deliveries) == 6


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_421_on_every_fresh_connection_puts_the_recipient_off(stage):
    desk, _ = run(1, lambda at, *_: "421 4.7.0 not you CLOSE" if at == stage else None)
    assert outcomes(desk) == {1: Outcome.DEFERRED}
    assert len(desk.trouble) == 3


@pytest.mark.parametrize("stage", ["greeting", "ehlo"])
@pytest.mark.parametrize("reply", ["421 too busy CLOSE", "554 go away CLOSE", CLOSE])
def test_trouble_before_the_first_message_concerns_nobody(stage, reply):
    def script(at, argument, talk):
        return reply if at in (stage, "helo" if stage == "ehlo" else stage) and talk.number < 4 else None

    desk, server = run(3, script)
    assert set(outcomes(desk).values()) == {Outcome.ACCEPTED}
    assert len(desk.trouble) == 3
    assert len(server.accepted) == 3


def test_a_refused_sender_is_trouble_of_the_route_until_it_has_met_the_same_recipient_three_times():
    desk, _ = run(2, lambda at, *_: "550 5.7.1 sender not allowed" if at == "mail" else None)
    assert outcomes(desk) == {1: Outcome.REJECTED, 2: Outcome.REJECTED}
    assert [trouble.stage for trouble in desk.trouble] == ["mail"] * 4


@pytest.mark.parametrize("pipelining", [True, False])
def test_no_answer_after_the_message_makes_it_unknown(pipelining):
    """The server took message 3 and died before it said so: nobody can know."""
    desk, server = run(5, only("body", 3, "ACCEPT"), pipelining=pipelining)
    states = outcomes(desk)
    assert states.pop(3) is Outcome.UNKNOWN
    assert set(states.values()) == {Outcome.ACCEPTED}
    assert len(states) == 4
    assert set(server.deliveries.values()) == {1}


def test_a_connection_lost_in_the_middle_of_a_body_loses_and_doubles_nobody():
    cut = []

    def script(at, argument, talk):
        if at == "middle" and argument == "r2@example.org" and not cut:
            cut.append(talk.number)
            return CLOSE
        return None

    # Larger than what kernels keep for a connection, so that the message's end cannot have left the process.
    desk, server = run(3, script, data=LARGE)
    assert cut
    assert set(outcomes(desk).values()) == {Outcome.ACCEPTED}
    assert set(server.deliveries.values()) == {1}


@pytest.mark.parametrize("closes_after", [1, 2, 3])
@pytest.mark.parametrize("pipelining", [True, False])
def test_a_server_that_closes_after_a_few_messages_is_no_trouble(closes_after, pipelining):
    def script(at, argument, talk):
        return "250 ok, and good bye CLOSE" if at == "body" and talk.messages == closes_after - 1 else None

    desk, server = run(7, script, pipelining=pipelining)
    assert set(outcomes(desk).values()) == {Outcome.ACCEPTED}
    assert len(outcomes(desk)) == 7
    assert set(server.deliveries.values()) == {1}
    assert desk.trouble == []


def test_a_connection_is_changed_after_its_share_of_messages():
    desk, server = run(10, serving={"most": 4})
    assert set(outcomes(desk).values()) == {Outcome.ACCEPTED}
    assert server.talks == 3


def test_a_stopped_desk_sends_no_further_body():
    def script(at, argument, talk):
        if at == "rcpt" and argument == "r2@example.org":
            desk_box[0].allowed = False

    desk_box = []
    desk, server = run(4, script, desk_setup=desk_box.append, serving={"connections": 1})
    assert len(server.accepted) == 1
    assert outcomes(desk) == {1: Outcome.ACCEPTED}
    assert [parcel.place.number for parcel in desk.returned] == [2]
    assert desk.trouble == []


def test_a_server_that_never_answers_a_message_leaves_it_unknown():
    import time

    def script(at, argument, talk):
        if at == "body" and argument == "r1@example.org":
            time.sleep(1)

    desk, _ = run(1, script, serving={"command_timeout": 0.3})
    assert outcomes(desk) == {1: Outcome.UNKNOWN}


def test_an_international_address_needs_a_server_that_takes_it():
    def rename(desk):
        for parcel in desk.granted:
            parcel.recipient = "žofie@example.org"

    desk, _ = run(1, desk_setup=rename)
    assert desk.results[1].state is Outcome.REJECTED
    assert desk.results[1].text.startswith("5.6.7")
    desk, server = run(1, desk_setup=rename, extensions=["SMTPUTF8"])
    assert desk.results[1].state is Outcome.ACCEPTED
    assert any(line.endswith("SMTPUTF8") for line in server.log)


def test_a_line_that_is_no_smtp_is_trouble():
    desk, _ = run(1, lambda at, *_: "HTTP/1.1 400 Bad Request" if at == "greeting" else None)
    assert desk.results == {}
    assert "SMTP" in desk.trouble[0].reply
