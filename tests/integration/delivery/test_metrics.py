"""What Prometheus gets: the right figures, for the right asker, about nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from courant.settings.parts.environment import Environment
from newsletters.delivery.ledger import Result, ledger_of
from newsletters.delivery.models import Mailing, Sender
from newsletters.delivery.services import compact_mailings
from newsletters.delivery.states import MailingState, Outcome
from newsletters.delivery.views.metrics import metrics
from search.models import OutboxEntry
from tests.factories.delivery import sending_mailing
from tests.integration.delivery.test_control_room import accepted, make_unknown, settle

pytestmark = pytest.mark.django_db

TOKEN = "a-token-for-the-monitor-0123456789"


@pytest.fixture(autouse=True)
def _no_broker(settings, free_port) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port}/0"


def figures(client) -> dict[tuple[str, ...], float]:
    cache.clear()
    response = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=")
    return {
        (sample.name.removeprefix("courant_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


def test_it_is_off_unless_somebody_may_ask(client):
    assert client.get("/metrics").status_code == 404


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer é"])
def test_without_the_token_nothing_is_said(client, settings, shown):
    settings.METRICS_TOKEN = TOKEN
    response = client.get("/metrics", headers={"authorization": shown})
    assert response.status_code == 401
    assert b"courant" not in response.content


@pytest.mark.parametrize(
    ("address", "proxies", "forwarded", "status"),
    [
        ("10.1.2.3", 0, "", 200),
        ("192.0.2.1", 0, "", 401),
        ("192.0.2.1", 0, "10.1.2.3", 401),
        ("10.1.2.3", 1, "192.0.2.1", 401),
        ("10.1.2.3", 1, "10.9.9.9", 200),
        ("fd00::7", 0, "", 200),
        ("2001:db8::7", 0, "", 401),
        ("", 0, "", 401),
    ],
)
def test_networks_are_those_of_the_asker_and_not_of_the_proxy(rf, settings, address, proxies, forwarded, status):  # noqa: PLR0913, PLR0917 (a table's columns)
    settings.METRICS_NETWORKS = ["10.0.0.0/8", "fd00::/8"]
    settings.TRUSTED_PROXY_COUNT = proxies
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    assert metrics(rf.get("/metrics", REMOTE_ADDR=address, headers=headers)).status_code == status


def test_mailings_outcomes_and_leases_are_counted(client, settings):
    settings.METRICS_TOKEN = TOKEN
    mailing = sending_mailing(10)
    Mailing.objects.create(mailing_list=mailing.mailing_list, title="Later", content={}, state=MailingState.FROZEN)
    make_unknown(mailing, [1])
    settle(mailing, [*accepted(range(2, 6)), Result(6, Outcome.DEFERRED, 451, "4.7.1 Later", -1)])
    ledger = ledger_of(mailing)
    ledger.open_sender(lease=30, limit=5)
    dead = ledger.open_sender(lease=30, limit=5)
    Sender.objects.filter(pk=dead).update(lease_until=timezone.now() - timedelta(minutes=1))
    got = figures(client)
    assert (got["mailings", "frozen"], got["mailings", "sending"], got["mailings", "paused"]) == (1, 1, 0)
    wanted = {"accepted": 4, "deferred": 1, "unknown": 1, "pending": 4, "rejected": 0}
    assert {name: got["recipients", name] for name in wanted} == wanted
    assert (got["recipients_waiting",], got["deferrals_overdue",]) == (4, 1)
    assert (got["sender_leases",], got["sender_leases_expired",]) == (2, 1)
    assert got["broker_up",] == 0


def test_no_figure_falls_back_when_a_mailing_is_compacted(client, settings):
    settings.METRICS_TOKEN = TOKEN
    mailing = sending_mailing(6)
    settle(mailing, accepted(range(1, 7)))
    Mailing.objects.update(state=MailingState.FINISHED, finished_at=timezone.now() - timedelta(days=90))
    before = figures(client)
    assert before["recipients", "accepted"] == 6
    assert compact_mailings(at=timezone.now()).mailings == 1
    after = figures(client)
    assert {key: value for key, value in after.items() if key[0] == "recipients"} == {
        key: value for key, value in before.items() if key[0] == "recipients"
    }


def test_the_oldest_in_the_outbox_has_an_age(client, settings):
    settings.METRICS_TOKEN = TOKEN
    OutboxEntry.objects.all().delete()
    assert figures(client)["outbox_oldest_seconds", "index"] == 0
    now = timezone.now()
    OutboxEntry.objects.create(key="a:1", version=2, indexed_version=1, changed_at=now - timedelta(seconds=100))
    OutboxEntry.objects.create(key="a:2", version=2, indexed_version=2, changed_at=now - timedelta(seconds=900))
    got = figures(client)
    assert got["outbox_waiting", "index"] == 1
    assert 100 <= got["outbox_oldest_seconds", "index"] < 200
    assert got["outbox_waiting", "relate"] == 2


def test_queues_are_those_of_the_broker(client, settings, valkey_url):
    from redis import Redis

    settings.METRICS_TOKEN = TOKEN
    settings.REDIS_URL = valkey_url
    broker = Redis.from_url(valkey_url)
    name = next(queue.name for queue in settings.CELERY_TASK_QUEUES if queue.name.endswith("bulk"))
    broker.delete(name)
    broker.rpush(name, "one", "two")
    got = figures(client)
    assert (got["broker_up",], got["queue_length", name]) == (1, 2)
    broker.delete(name)


def test_nobody_is_named(client, settings):
    settings.METRICS_TOKEN = TOKEN
    settle(sending_mailing(2), [Result(1, Outcome.REJECTED, 550, "5.1.1 <reader1@example.org> unknown")])
    text = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).content.decode()
    assert "example.org" not in text
    assert "News for" not in text


def test_a_short_token_and_a_network_that_is_none_are_said_at_start():
    env = Environment({"METRICS_TOKEN": "short", "METRICS_NETWORKS": "10.0.0.0/8, nonsense"})
    env.token("METRICS_TOKEN")
    env.networks("METRICS_NETWORKS")
    assert [error.split()[0] for error in env.errors] == ["METRICS_TOKEN", "METRICS_NETWORKS"]
    assert Environment({"METRICS_NETWORKS": "10.0.0.7/8, ::1"}).networks("METRICS_NETWORKS") == [
        "10.0.0.0/8",
        "::1/128",
    ]
