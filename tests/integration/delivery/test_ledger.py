"""The ledger's statements, on whichever database the tests run."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from courant.settings.parts.databases import with_safe_sqlite
from newsletters.audience.models import State, Subscription, TopicInterest
from newsletters.audience.services import record_complaint
from newsletters.delivery.checks import CHANGED_BY_OUTCOMES, check_recipient_indexes
from newsletters.delivery.ledger import Answer, Result, ledger_of
from newsletters.delivery.models import CHUNK_SIZE, Chunk, Deferral, Mailing, Recipient, Sender
from newsletters.delivery.selectors import mailing_counts, refusal_reasons
from newsletters.delivery.services import FreezeRefusedError, freeze_audience, freeze_mailing, pause_mailing
from newsletters.delivery.states import ChunkState, MailingState, Outcome
from tests.factories.audience import MailingListFactory
from tests.factories.delivery import compiled_issue, frozen_mailing, sending_mailing, subscribe_many

pytestmark = pytest.mark.django_db(transaction=True)
LEASE = 30


def open_sender(mailing, limit=1):
    return ledger_of(mailing).open_sender(lease=LEASE, limit=limit)


def expire(sender):
    Sender.objects.filter(pk=sender).update(lease_until=Now() - timedelta(seconds=1))


def accepted(number):
    return Result(number, Outcome.ACCEPTED, 250, "2.0.0 ok")


def states(mailing):
    return dict(Recipient.objects.filter(mailing=mailing).values_list("number", "state"))


def test_freezing_numbers_everybody_without_a_gap():
    mailing = frozen_mailing(1203)
    numbers = list(Recipient.objects.filter(mailing=mailing).order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, 1204))
    assert list(Chunk.objects.order_by("number").values_list("number", "size")) == [(0, 500), (1, 500), (2, 203)]
    assert mailing.state == MailingState.FROZEN
    assert mailing.size == 1203
    assert [row[2] for row in mailing.waterfall if row[0] in ("total", "to_send")] == [1203, 1203]


def test_freezing_in_ranges_gives_the_same_as_in_one(settings):
    settings.DELIVERY = {"freeze_range": 7}
    mailing = frozen_mailing(50)
    assert sorted(states(mailing)) == list(range(1, 51))
    assert Recipient.objects.filter(mailing=mailing).values("subscriber_id").distinct().count() == 50


def test_a_killed_freeze_goes_on_where_it_stopped(settings, monkeypatch):
    settings.DELIVERY = {"freeze_range": 10}
    mailing_list = MailingListFactory()
    subscribe_many(mailing_list, 35)
    mailing = freeze_mailing(compiled=compiled_issue(mailing_list), at=timezone.now())
    from newsletters.delivery.services import freezing

    calls = []
    real = freezing._freeze_range

    def killed(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(freezing, "_freeze_range", killed)
    with pytest.raises(KeyboardInterrupt):
        freeze_audience(mailing=mailing)
    assert Recipient.objects.count() == 20
    monkeypatch.setattr(freezing, "_freeze_range", real)
    mailing = freeze_audience(mailing=mailing)
    assert sorted(states(mailing)) == list(range(1, 36))
    assert mailing.size == 35


def test_an_empty_audience_makes_a_mailing_without_chunks():
    mailing = frozen_mailing(0)
    assert mailing.state == MailingState.FROZEN
    assert not Chunk.objects.exists()
    assert mailing_counts(mailing).total == 0


def test_merge_values_hold_name_public_id_and_followed_topics(topic):
    mailing_list = MailingListFactory()
    subscriber = subscribe_many(mailing_list, 2)[0]
    TopicInterest.objects.create(subscriber=subscriber, topic=topic)
    from newsletters.issues.compiled import SectionEnd, SectionStart, Static, Token

    compiled = compiled_issue(
        mailing_list,
        html=(SectionStart(topic.pk), Static("x"), SectionEnd(), Token("unsubscribe_url")),
    )
    mailing = freeze_audience(mailing=freeze_mailing(compiled=compiled, at=timezone.now()))
    first, second = Recipient.objects.filter(mailing=mailing).order_by("number")
    assert first.merge["name"] == subscriber.name
    assert first.merge["id"].replace("-", "") == subscriber.public_id.hex
    assert first.merge["topics"] == [topic.pk]
    assert second.merge["topics"] == []


def test_two_operators_pressing_send_make_one_mailing(issue_page):
    mailing_list = MailingListFactory()
    compiled = compiled_issue(mailing_list, issue_id=issue_page.pk)
    freeze_mailing(compiled=compiled, at=timezone.now())
    with pytest.raises(FreezeRefusedError, match="on its way"):
        freeze_mailing(compiled=compiled, at=timezone.now())
    assert Mailing.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Mailing.objects.create(issue=issue_page, mailing_list=mailing_list, content={}, title="x")


def test_a_cancelled_mailing_makes_room_for_another(issue_page):
    mailing_list = MailingListFactory()
    compiled = compiled_issue(mailing_list, issue_id=issue_page.pk)
    mailing = freeze_mailing(compiled=compiled, at=timezone.now())
    Mailing.objects.filter(pk=mailing.pk).update(state=MailingState.CANCELLED)
    assert freeze_mailing(compiled=compiled, at=timezone.now()).pk != mailing.pk


def test_a_mailing_has_no_more_senders_than_it_may():
    mailing = sending_mailing(3)
    assert open_sender(mailing) is not None
    assert open_sender(mailing) is None
    assert open_sender(mailing, limit=2) is not None


def test_a_mailing_that_is_not_sending_gets_no_sender():
    assert open_sender(frozen_mailing(3)) is None


def test_chunks_are_claimed_in_order_and_once():
    mailing = sending_mailing(1100)
    ledger = ledger_of(mailing)
    first, second = open_sender(mailing), open_sender(mailing, limit=2)
    claims = [ledger.claim_chunk(sender, lanes=[""]) for sender in (first, second, first)]
    assert [claim.number for claim in claims] == [0, 1, 2]
    assert [len(claim.places) for claim in claims] == [500, 500, 100]
    assert [place.number for place in claims[1].places] == list(range(501, 1001))
    assert claims[0].places[0].merge["name"].startswith("Reader")
    assert ledger.claim_chunk(first, lanes=[""]) is None


def test_a_pump_records_outcomes_and_the_next_window():
    mailing = sending_mailing(10)
    ledger, sender = ledger_of(mailing), open_sender(mailing)
    ledger.claim_chunk(sender, lanes=[""])
    assert ledger.pump(sender, on_wire=[1, 2, 3], results=[], lease=LEASE) is Answer.GO_ON
    assert Sender.objects.get().on_wire == [1, 2, 3]
    results = [accepted(1), Result(2, Outcome.REJECTED, 550, "5.1.1 " + "x" * 500)]
    assert ledger.pump(sender, on_wire=[3, 4], results=results, lease=LEASE) is Answer.GO_ON
    assert states(mailing) | {} == {1: 1, 2: 3, **dict.fromkeys(range(3, 11), 0)}
    row = Recipient.objects.get(mailing=mailing, number=2)
    assert (row.smtp_code, len(row.smtp_text), row.attempts) == (550, 200, 1)
    assert row.done_at is not None


def test_a_repeated_pump_changes_nothing():
    mailing = sending_mailing(5)
    ledger, sender = ledger_of(mailing), open_sender(mailing)
    for _ in range(2):
        ledger.pump(sender, on_wire=[2], results=[accepted(1)], lease=LEASE)
    row = Recipient.objects.get(mailing=mailing, number=1)
    assert (row.state, row.attempts) == (Outcome.ACCEPTED, 1)


def test_counts_are_exact_while_a_sender_holds_a_chunk_and_after():
    mailing = sending_mailing(600)
    ledger, sender = ledger_of(mailing), open_sender(mailing)
    ledger.claim_chunk(sender, lanes=[""])
    ledger.pump(sender, on_wire=[3], results=[accepted(1), Result(2, Outcome.REJECTED, 550)], lease=LEASE)
    held = mailing_counts(mailing)
    assert (held.total, held.accepted, held.rejected, held.pending) == (600, 1, 1, 598)
    ledger.pump(sender, on_wire=[], results=[], lease=LEASE)
    ledger.close_sender(sender)
    assert mailing_counts(mailing) == held
    assert Chunk.objects.get(mailing=mailing, number=0).state == ChunkState.FREE


def test_a_dead_sender_leaves_exactly_its_window_unknown():
    mailing = sending_mailing(600)
    ledger, sender = ledger_of(mailing), open_sender(mailing)
    ledger.claim_chunk(sender, lanes=[""])
    ledger.pump(sender, on_wire=[1, 2, 3, 4], results=[], lease=LEASE)
    ledger.pump(sender, on_wire=[3, 4, 5], results=[accepted(1), accepted(2)], lease=LEASE)
    assert ledger.bury_expired_senders() == (0, 0)
    expire(sender)
    assert ledger.bury_expired_senders() == (1, 3)
    unknown = Recipient.objects.filter(mailing=mailing, state=Outcome.UNKNOWN).order_by("number")
    assert [recipient.number for recipient in unknown] == [3, 4, 5]
    counts = mailing_counts(mailing)
    assert (counts.accepted, counts.unknown, counts.pending) == (2, 3, 595)
    assert not Sender.objects.exists()
    # And the sender, should it wake up, hears that it is dead.
    assert ledger.pump(sender, on_wire=[6], results=[accepted(3)], lease=LEASE) is Answer.DEAD
    assert states(mailing)[3] == Outcome.UNKNOWN
    claim = ledger.claim_chunk(open_sender(mailing), lanes=[""])
    assert len(claim.places) == 495


def test_a_lease_that_ran_out_is_not_renewed():
    mailing = sending_mailing(5)
    ledger, sender = ledger_of(mailing), open_sender(mailing)
    expire(sender)
    assert ledger.pump(sender, on_wire=[1], results=[], lease=LEASE) is Answer.DEAD
    assert Sender.objects.get().on_wire == []


def test_a_pause_reaches_the_sender_at_its_next_pump():
    mailing = sending_mailing(5)
    ledger, sender = ledger_of(mailing), open_sender(mailing)
    pause_mailing(mailing=mailing)
    assert ledger.pump(sender, on_wire=[1], results=[], lease=LEASE) is Answer.STOP
    assert open_sender(mailing, limit=9) is None


def test_a_deferral_comes_back_when_it_is_due():
    mailing = sending_mailing(510)
    ledger, sender = ledger_of(mailing), open_sender(mailing)
    ledger.claim_chunk(sender, lanes=[""])
    deferred = Result(7, Outcome.DEFERRED, 450, "later", retry_in=600)
    rest = [accepted(number) for number in range(1, 501) if number != 7]
    ledger.pump(sender, on_wire=[], results=[deferred, *rest], lease=LEASE)
    ledger.put_down_chunk(sender, 0)
    chunk = Chunk.objects.get(mailing=mailing, number=0)
    assert (chunk.state, chunk.accepted, chunk.deferred) == (ChunkState.DONE, 499, 1)
    assert ledger.reopen_due_deferrals() == 0
    Deferral.objects.update(due_at=Now() - timedelta(seconds=1))
    assert ledger.reopen_due_deferrals() == 1
    assert not Deferral.objects.exists()
    again = ledger.claim_chunk(sender, lanes=[""])
    assert [(place.number, place.attempts) for place in again.places] == [(7, 1)]


def test_a_deferral_in_a_chunk_that_somebody_holds_waits_for_it():
    mailing = sending_mailing(20)
    ledger, sender = ledger_of(mailing), open_sender(mailing)
    ledger.claim_chunk(sender, lanes=[""])
    ledger.pump(sender, on_wire=[], results=[Result(7, Outcome.DEFERRED, 450, retry_in=0)], lease=LEASE)
    assert ledger.reopen_due_deferrals() == 0
    ledger.close_sender(sender)
    assert ledger.reopen_due_deferrals() == 1
    assert states(mailing)[7] == Outcome.PENDING


def test_unknown_recipients_are_sent_again_or_closed_one_by_one():
    mailing = sending_mailing(20)
    ledger, sender = ledger_of(mailing), open_sender(mailing)
    ledger.claim_chunk(sender, lanes=[""])
    ledger.pump(sender, on_wire=[1, 2, 3], results=[accepted(4)], lease=LEASE)
    expire(sender)
    ledger.bury_expired_senders()
    assert ledger.resend([1, 4, 5]) == 1
    assert ledger.close_unknown([2, 4]) == 1
    assert {n: s for n, s in states(mailing).items() if n < 6} == {1: 0, 2: 6, 3: 4, 4: 1, 5: 0}
    counts = mailing_counts(mailing)
    assert (counts.unknown, counts.closed, counts.accepted, counts.pending) == (1, 1, 1, 17)


def test_a_chunk_with_nobody_left_is_claimed_as_empty():
    mailing = sending_mailing(600)
    ledger, sender = ledger_of(mailing), open_sender(mailing)
    Recipient.objects.filter(mailing=mailing, number__lte=CHUNK_SIZE).update(state=Outcome.UNKNOWN)
    claim = ledger.claim_chunk(sender, lanes=[""])
    assert (claim.number, claim.places) == (0, [])
    assert ledger.claim_chunk(sender, lanes=[""]).number == 1


def test_permission_is_asked_for_again_with_the_reason():
    mailing_list = MailingListFactory()
    people = subscribe_many(mailing_list, 5)
    ids = [person.pk for person in people]
    Subscription.objects.filter(subscriber=people[1]).update(state=State.UNSUBSCRIBED)
    record_complaint(subscriber=people[2], at=timezone.now())
    people[3].delete()
    ledger = type(ledger_of(Mailing()))(mailing_id=0, mailing_list_id=mailing_list.pk)
    reasons = refusal_reasons(ledger=ledger, subscriber_ids=ids)
    assert reasons == {
        ids[1]: "Not subscribed: unsubscribed.",
        ids[2]: "The address is suppressed.",
        ids[3]: "The subscriber's data were erased.",
    }
    mailing_list.closed_at = timezone.now()
    mailing_list.save()
    assert set(refusal_reasons(ledger=ledger, subscriber_ids=ids[:1]).values()) == {"The list is closed."}


def test_no_index_of_the_ledger_names_a_column_that_outcomes_change():
    assert check_recipient_indexes() == []
    with connection.cursor() as cursor:
        indexes = connection.introspection.get_constraints(cursor, "delivery_recipient")
    named = {column for index in indexes.values() if index["index"] or index["unique"] for column in index["columns"]}
    assert not named & CHANGED_BY_OUTCOMES


def test_the_check_of_indexes_sees_a_partial_one(monkeypatch):
    from django.db.models import Index, Q

    index = Index(fields=["number"], condition=Q(state=0), name="bad")
    monkeypatch.setattr(Recipient._meta, "indexes", [index])
    assert [error.id for error in check_recipient_indexes()] == ["delivery.E001"]


def test_the_ledger_is_stored_as_its_promises_need():
    # FULL: an outcome that was committed survives a power cut.
    sqlite = with_safe_sqlite({"ENGINE": "django.db.backends.sqlite3"})
    assert "synchronous=FULL" in sqlite["OPTIONS"]["init_command"]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname, reloptions FROM pg_class WHERE relname IN ('delivery_recipient', 'delivery_sender')"
            )
            options = dict(cursor.fetchall())
        # Room on each page for the row's next version, without which updates could not stay heap-only.
        assert "fillfactor=50" in options["delivery_recipient"]
        assert "fillfactor=10" in options["delivery_sender"]
