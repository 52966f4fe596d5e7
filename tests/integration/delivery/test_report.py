"""The report and what can be taken away: figures that add up, charts beside tables, files no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import logging
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone

from newsletters.audience.models import State, Subscription
from newsletters.delivery.ledger import Result
from newsletters.delivery.models import Mailing, Recipient, Sample
from newsletters.delivery.reporting.figures import mailing_figures
from newsletters.delivery.states import MailingState, Outcome
from tests.factories.delivery import sending_mailing, subscribe_many
from tests.integration.delivery.test_control_room import accepted, address, person, settle, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailing() -> Mailing:
    """Ten recipients: six accepted, one deferred, two rejected for one reason, one not sent."""
    mailing = sending_mailing(10)
    settle(
        mailing,
        [
            *accepted(range(1, 7)),
            Result(7, Outcome.DEFERRED, 451, "Later", 600),
            Result(8, Outcome.REJECTED, 550, "5.1.1 <reader8@example.org> is unknown"),
            Result(9, Outcome.REJECTED, 550, "5.1.1 <reader9@example.org> is unknown"),
        ],
    )
    return mailing


def table(response) -> list[list[str]]:
    text = b"".join(response.streaming_content).decode()
    return list(csv.reader(io.StringIO(text)))


def test_the_report_adds_up(mailing):
    figures = mailing_figures(mailing)
    assert [(each.domain, each.total, each.accepted, each.deferred, each.rejected) for each in figures.domains] == [
        ("example.org", 10, 6, 1, 2)
    ]
    assert [(reason.code, reason.text, reason.count) for reason in figures.reasons] == [(550, "5.1.1 … is unknown", 2)]


def test_who_left_the_list_is_counted_until_the_next_mailing(mailing):
    at = mailing.started_at
    people = subscribe_many(mailing.mailing_list, 4, domain="later.example")
    moments = [at + timedelta(days=1), at + timedelta(days=3), at - timedelta(days=1), at + timedelta(days=2)]
    states = [State.UNSUBSCRIBED, State.UNSUBSCRIBED, State.UNSUBSCRIBED, State.COMPLAINED]
    for one, moment, state in zip(people, moments, states, strict=True):
        field = "complained_at" if state is State.COMPLAINED else "unsubscribed_at"
        Subscription.objects.filter(subscriber=one).update(state=state, **{field: moment})
    losses = mailing_figures(mailing).losses
    assert (losses.unsubscribed, losses.complained, losses.until) == (2, 1, at + timedelta(days=14))
    Mailing.objects.create(
        mailing_list=mailing.mailing_list, title="Next", content={}, started_at=at + timedelta(days=2)
    )
    from django.core.cache import cache

    cache.clear()
    losses = mailing_figures(mailing).losses
    assert (losses.unsubscribed, losses.complained) == (1, 0)


def test_the_page_has_the_curve_and_the_same_as_a_table(client, mailing):
    start = mailing.started_at
    for seconds, number in ((15, 2), (30, 4)):
        Sample.objects.create(mailing=mailing, at=start + timedelta(seconds=seconds), accepted=number, settled=number)
    Mailing.objects.update(state=MailingState.CANCELLED, finished_at=start + timedelta(seconds=45))
    client.force_login(person("watcher", "view_mailing"))
    response = client.get(address("report", mailing))
    soup = BeautifulSoup(response.content, "html.parser")
    chart = soup.find("svg", class_="mailing-chart")
    assert chart.find("title").get_text().endswith("The table below has the figures.")
    heights = [float(pair.partition(",")[2]) for pair in chart.find("polyline")["points"].split()]
    assert heights == sorted(heights, reverse=True)
    assert len(heights) == 4
    rows = [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in soup.find("details").find_all("tr")]
    assert [row[1] for row in rows] == ["Accepted by then", "0", "2", "4", "6"]
    assert "style=" not in str(soup.find("section", attrs={"aria-labelledby": "time-title"}))
    assert "Recipients as CSV" not in text_of(response)


def test_a_mailing_that_has_not_begun_has_a_report_without_a_chart(client):
    from tests.factories.delivery import frozen_mailing

    mailing = frozen_mailing(2)
    client.force_login(person("watcher", "view_mailing"))
    assert "Nothing has been accepted yet." in text_of(client.get(address("report", mailing)))


def test_figures_go_into_a_file_that_names_nobody(client, mailing):
    client.force_login(person("watcher", "view_mailing"))
    rows = table(client.get(address("export_figures", mailing)))
    assert ["outcomes", "accepted", "6"] in rows
    assert ["domain example.org", "rejected", "2"] in rows
    assert ["rejected", "550 5.1.1 … is unknown", "2"] in rows
    assert "reader" not in str(rows)


def test_recipients_are_exported_with_the_right_alone_and_it_is_logged_without_them(client, mailing, caplog):
    client.force_login(person("operator", "view_mailing", "change_mailing"))
    assert client.post(address("export_recipients", mailing)).status_code == 302
    taker = person("taker", "view_mailing", "export_mailing")
    client.force_login(taker)
    assert client.get(address("export_recipients", mailing)).status_code == 405
    with caplog.at_level(logging.INFO):
        rows = table(client.post(address("export_recipients", mailing)))
    assert len(rows) == 11
    assert rows[1][:3] == ["1", "reader1@example.org", "Accepted"]
    assert rows[10][:3] == ["10", "reader10@example.org", "Not sent yet"]
    logged = " ".join(str(record.msg) for record in caplog.records)
    assert "recipients exported" in logged
    assert f"'user': {taker.pk}" in logged
    assert "reader1@" not in logged


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "  ="])
def test_no_cell_runs_as_a_formula(client, mailing, start):
    evil = f"{start}cmd|' /C calc'!A0"
    Recipient.objects.filter(number=8).update(smtp_text=evil, address=f"{start.strip()}x@example.org")
    client.force_login(person("taker", "view_mailing", "export_mailing"))
    row = table(client.post(address("export_recipients", mailing)))[8]
    assert row[1] == f"'{start.strip()}x@example.org"
    assert row[5] == f"'{evil}"


def test_a_file_of_many_slices_has_everybody_once(monkeypatch, mailing):
    from newsletters.delivery.reporting import export

    monkeypatch.setattr(export, "BATCH", 3)
    numbers = [line.split(",")[0] for line in export.recipient_lines(mailing)]
    assert numbers == ["number", *map(str, range(1, 11))]


def test_the_time_of_a_mailing_in_the_future_does_not_break_the_report(client, mailing):
    Mailing.objects.update(started_at=timezone.now() + timedelta(minutes=5))
    client.force_login(person("watcher", "view_mailing"))
    assert client.get(address("report", mailing)).status_code == 200
