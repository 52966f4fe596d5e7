"""Compaction: addresses go, counts and who got what stay, and a run that is killed goes on where it was."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from newsletters.audience.models import Subscriber
from newsletters.delivery.ledger import Result
from newsletters.delivery.models import Bounce, Chunk, Deferral, Mailing, Receipt, Recipient, Sample
from newsletters.delivery.reporting.export import figure_lines, recipient_lines
from newsletters.delivery.reporting.figures import accepted_over_time, mailing_figures
from newsletters.delivery.selectors import mailing_counts
from newsletters.delivery.services import (
    compact_mailings,
    compacting,
    export_received,
    forget_subscriber,
    resend_unknown,
)
from newsletters.delivery.states import ForbiddenMoveError, MailingState, Outcome
from tests.factories.delivery import sending_mailing
from tests.integration.delivery.test_control_room import accepted, address, make_unknown, person, settle, text_of

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def mailing() -> Mailing:
    """A cancelled mailing with every outcome, over for 100 days."""
    mailing = sending_mailing(1_200)
    make_unknown(mailing, [1, 2])
    settle(
        mailing,
        [
            *accepted(range(3, 1_100)),
            Result(1_100, Outcome.DEFERRED, 451, "Later", 60),
            Result(1_101, Outcome.REJECTED, 550, "5.1.1 <reader1101@example.org> is unknown"),
        ],
    )
    over = timezone.now() - 100 * DAY
    Mailing.objects.update(
        state=MailingState.CANCELLED, started_at=over - timedelta(hours=1), finished_at=over, created_at=over
    )
    for number in range(400):
        Sample.objects.create(
            mailing=mailing,
            at=over - timedelta(hours=1) + timedelta(seconds=9 * number),
            accepted=number,
            settled=number,
        )
    mailing.refresh_from_db()
    return mailing


def test_the_report_says_the_same_before_and_after(client, mailing):
    client.force_login(person("watcher", "view_mailing"))
    before = mailing_figures(mailing)
    curve = accepted_over_time(mailing)
    done = compact_mailings(at=timezone.now())
    assert (done.mailings, done.recipients, done.is_done) == (1, 1_200, True)
    mailing = Mailing.objects.get()
    assert mailing.compacted_at is not None
    assert mailing_figures(mailing) == before
    assert before.counts.total == 1_200
    assert (before.counts.accepted, before.counts.unknown, before.counts.pending) == (1_097, 2, 99)
    after = accepted_over_time(mailing)
    assert (after[0], after[-1]) == (curve[0], curve[-1])
    assert 100 < len(after) < len(curve)
    for name in ("mailing", "report"):
        page = text_of(client.get(address(name, mailing)))
        assert "1,097" in page
        assert "@example.org" not in page
    assert "domain example.org,accepted,1097\r\n" in list(figure_lines(mailing))


def test_nothing_personal_is_left_but_who_got_what(mailing):
    compact_mailings(at=timezone.now())
    assert not Recipient.objects.exists()
    assert not Deferral.objects.exists()
    assert not Chunk.objects.exists()
    states = list(Receipt.objects.order_by("number").values_list("state", flat=True))
    assert states[:3] == [Outcome.UNKNOWN, Outcome.UNKNOWN, Outcome.ACCEPTED]
    assert states[1_099:1_102] == [Outcome.DEFERRED, Outcome.REJECTED, Outcome.PENDING]
    lines = list(recipient_lines(Mailing.objects.get()))
    assert len(lines) == 1_201
    assert lines[3].startswith("3,,Accepted,")
    # What the relay refused for good is on record as a bounce, although no sweep has finished the mailing.
    assert list(Bounce.objects.values_list("number", "kind")) == [(1_101, Bounce.Kind.HARD)]


def test_a_person_gets_and_takes_away_what_is_left(mailing):
    compact_mailings(at=timezone.now())
    reader = Subscriber.objects.get(email="reader3@example.org")
    assert [each["outcome"] for each in export_received(reader)] == ["Accepted"]
    forget_subscriber(reader)
    assert not Receipt.objects.filter(subscriber_id=reader.pk).exists()
    assert mailing_counts(Mailing.objects.get()).accepted == 1_097


@pytest.mark.parametrize("slices", [1, 2, 5])
def test_a_killed_run_goes_on_where_it_was(mailing, monkeypatch, slices):
    monkeypatch.setattr(compacting, "SLICE", 200)
    before = mailing_figures(mailing)
    real, calls = compacting._compact_slice, []

    def die_later(mailing_id: int) -> int:
        if len(calls) == slices:
            raise KeyboardInterrupt
        calls.append(mailing_id)
        return real(mailing_id)

    monkeypatch.setattr(compacting, "_compact_slice", die_later)
    with pytest.raises(KeyboardInterrupt):
        compact_mailings(at=timezone.now())
    half = Mailing.objects.get()
    assert half.compacted_at is None
    assert Receipt.objects.count() == 200 * slices
    assert Receipt.objects.count() + Recipient.objects.count() == 1_200
    assert mailing_figures(half) == before
    assert len(list(recipient_lines(half))) == 1_201
    monkeypatch.setattr(compacting, "_compact_slice", real)
    assert compact_mailings(at=timezone.now()).recipients == 1_200 - 200 * slices
    assert mailing_figures(Mailing.objects.get()) == before


def test_a_run_whose_time_is_up_says_so(mailing, monkeypatch):
    monkeypatch.setattr(compacting, "SLICE", 500)
    done = compact_mailings(at=timezone.now(), box=-1)
    assert (done.recipients, done.is_done) == (500, False)
    call_command("newsletter", "compact")
    assert Mailing.objects.get().compacted_at is not None


def test_only_what_has_been_over_for_long_is_compacted(mailing, settings):
    settings.DELIVERY = {"compact_after_days": 101}
    assert compact_mailings(at=timezone.now()).recipients == 0
    settings.DELIVERY = {"compact_after_days": 99}
    Mailing.objects.update(state=MailingState.PAUSED)
    assert compact_mailings(at=timezone.now()).recipients == 0
    Mailing.objects.update(state=MailingState.FINISHED)
    assert compact_mailings(at=timezone.now()).recipients == 1_200


def test_receipts_go_when_their_time_is_over(mailing, settings):
    settings.DELIVERY = {"receipts_days": 200}
    compact_mailings(at=timezone.now())
    assert compact_mailings(at=timezone.now() + 99 * DAY).receipts_removed == 0
    assert compact_mailings(at=timezone.now() + 101 * DAY).receipts_removed == 1_200
    assert mailing_counts(Mailing.objects.get()).accepted == 1_097


def test_nobody_is_sent_to_again_whose_address_is_gone(mailing):
    Mailing.objects.update(state=MailingState.FINISHED)
    compact_mailings(at=timezone.now())
    with pytest.raises(ForbiddenMoveError, match="addresses were removed"):
        resend_unknown(mailing=Mailing.objects.get())


def test_a_list_that_came_all_at_once_is_frozen_with_statistics_that_know_it():
    """PostgreSQL's picture of an empty table made it take minutes for 1,200 people."""
    from django.db import connection

    from tests.factories.delivery import frozen_mailing

    told: list[str] = []

    def forget_then_listen(execute, sql, params, many, context):
        told.append(sql.split()[0])
        return execute(sql, params, many, context)

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("UPDATE pg_class SET reltuples = 0 WHERE relname LIKE 'audience_%%'")
    with connection.execute_wrapper(forget_then_listen):
        assert frozen_mailing(300).size == 300
    # One for the audience before it is counted, one for the ledger when it is written; SQLite wants neither.
    assert told.count("ANALYZE") == (2 if connection.vendor == "postgresql" else 0)
