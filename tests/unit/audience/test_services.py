"""From asking to leaving, and what is on record at each step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import override_settings

from newsletters.audience import links
from newsletters.audience.addresses import parse_address
from newsletters.audience.links import TokenExpired, TokenInvalid
from newsletters.audience.models import (
    Basis,
    Event,
    Frequency,
    Ground,
    OutgoingMail,
    PermissionRecord,
    Reason,
    State,
    Subscriber,
    Subscription,
    Suppression,
    Wording,
)
from newsletters.audience.selectors import (
    audience_waterfall,
    followers,
    mailable_subscriptions,
    permission_history,
)
from newsletters.audience.services import (
    GroundRefused,
    change_preferences,
    confirm_subscription,
    erase_subscriber,
    export_subscriber,
    lift_suppression,
    record_complaint,
    record_hard_bounce,
    record_mailed,
    record_permission,
    remove_unconfirmed,
    renew_confirmation,
    request_preferences_link,
    request_subscription,
    suppress_address,
    suppression_reason,
    undo_unsubscription,
    unsubscribe,
    unsubscribe_from_all,
)
from newsletters.audience.services.mails import MAILS_A_DAY
from newsletters.audience.services.subscriptions import MoveRefused, move_subscription
from tests.factories.audience import MailingListFactory, SubscriberFactory, SubscriptionFactory, sign_up_wording
from tests.factories.pages import TopicFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def ask(mailing_list, *, email="Jo@Example.org", at=NOW, **facts) -> Subscriber | None:
    address = parse_address(email)
    request_subscription(
        address=address, mailing_lists=[mailing_list], wording=sign_up_wording(), at=at, page_address="/blog/", **facts
    )
    return Subscriber.objects.filter(canonical=address.canonical).first()


def confirmation_of(subscriber, mailing_list, *, at=NOW) -> str:
    return links.sign_confirmation(
        subscriber=subscriber.public_id,
        mailing_lists=[mailing_list.pk],
        wording_version=sign_up_wording().version,
        at=at,
    )


def leaving_of(subscription) -> str:
    return links.sign_unsubscribe(
        subscriber=subscription.subscriber.public_id, mailing_list=subscription.mailing_list_id
    )


def events(subscriber) -> list[str]:
    return [record.event for record in permission_history(subscriber.public_id)]


class TestAsking:
    def test_a_new_address_waits_for_confirmation_and_a_mail_is_due(self):
        mailing_list = MailingListFactory()
        person = ask(mailing_list, name="Jo")
        subscription = person.subscriptions.get()
        assert (subscription.state, subscription.permission, person.name) == (State.PENDING, None, "Jo")
        mail = OutgoingMail.objects.get()
        assert (mail.kind, mail.state, list(mail.mailing_lists.all())) == ("confirm", "waiting", [mailing_list])
        record = PermissionRecord.objects.get()
        assert (record.event, record.page_address, record.wording.text) == (
            Event.REQUESTED, "/blog/", sign_up_wording().text,
        )  # fmt: skip

    def test_asking_again_in_other_letters_is_the_same_person(self):
        mailing_list = MailingListFactory()
        ask(mailing_list)
        ask(mailing_list, email="JO@example.ORG")
        assert Subscription.objects.count() == 1
        assert OutgoingMail.objects.count() == 2

    def test_who_is_subscribed_already_is_told_so_by_mail_and_keeps_their_name(self):
        subscription = SubscriptionFactory(subscriber__name="Ann")
        ask(subscription.mailing_list, email=subscription.subscriber.email, name="Mallory")
        subscription.refresh_from_db()
        assert subscription.state == State.ACTIVE
        assert subscription.subscriber.name == "Ann"
        assert OutgoingMail.objects.get().kind == "already"

    def test_a_form_sends_only_so_many_mails_a_day_to_one_address(self):
        mailing_list = MailingListFactory()
        for minute in range(MAILS_A_DAY + 3):
            ask(mailing_list, at=NOW + timedelta(minutes=minute))
        assert OutgoingMail.objects.count() == MAILS_A_DAY
        ask(mailing_list, at=NOW + timedelta(days=1, hours=1))
        assert OutgoingMail.objects.count() == MAILS_A_DAY + 1

    @pytest.mark.parametrize("reason", [Reason.COMPLAINT, Reason.MANUAL])
    def test_an_address_that_complained_gets_nothing_and_leaves_no_trace(self, reason):
        suppress_address(canonical="jo@example.org", reason=reason, at=NOW)
        assert ask(MailingListFactory()) is None
        assert OutgoingMail.objects.count() == 0

    @pytest.mark.parametrize("reason", [Reason.UNSUBSCRIBED_ALL, Reason.HARD_BOUNCE, Reason.ERASED])
    def test_who_left_may_ask_again_but_is_not_mailed_before_confirming(self, reason):
        mailing_list = MailingListFactory()
        suppress_address(canonical="jo@example.org", reason=reason, at=NOW)
        person = ask(mailing_list)
        assert person.suppressed_at is not None
        assert suppression_reason(canonical="jo@example.org") == reason
        confirm_subscription(token=confirmation_of(person, mailing_list), at=LATER)
        assert suppression_reason(canonical="jo@example.org") is None
        assert mailable_subscriptions(mailing_list).count() == 1


class TestConfirming:
    def test_the_link_makes_the_subscription_active_on_consent_in_the_words_that_were_shown(self):
        mailing_list = MailingListFactory()
        person = ask(mailing_list)
        assert confirm_subscription(token=confirmation_of(person, mailing_list), at=LATER) == person
        subscription = person.subscriptions.get()
        assert (subscription.state, subscription.confirmed_at) == (State.ACTIVE, LATER)
        assert subscription.permission.ground == Ground.CONSENT
        assert subscription.permission.basis == Basis.CONSENT
        assert subscription.permission.wording == sign_up_wording()
        assert Subscriber.objects.get().confirmed_at == LATER

    def test_confirming_twice_is_harmless_and_recorded_once(self):
        mailing_list = MailingListFactory()
        person = ask(mailing_list)
        for _ in range(2):
            confirm_subscription(token=confirmation_of(person, mailing_list), at=LATER)
        assert events(person) == [Event.REQUESTED, Event.CONFIRMED]

    def test_an_old_link_is_refused_and_a_new_one_can_be_sent(self, settings):
        mailing_list = MailingListFactory()
        person = ask(mailing_list)
        late = NOW + timedelta(days=settings.CONFIRMATION_DAYS + 1)
        token = confirmation_of(person, mailing_list)
        with pytest.raises(TokenExpired):
            confirm_subscription(token=token, at=late)
        renew_confirmation(token=token, at=late)
        assert OutgoingMail.objects.filter(kind="confirm", created_at=late).count() == 1
        confirm_subscription(token=confirmation_of(person, mailing_list, at=late), at=late)
        assert person.subscriptions.get().state == State.ACTIVE

    def test_an_old_mail_does_not_bring_back_who_has_unsubscribed_since(self):
        mailing_list = MailingListFactory()
        person = ask(mailing_list)
        token = confirmation_of(person, mailing_list)
        confirm_subscription(token=token, at=LATER)
        unsubscribe(token=leaving_of(person.subscriptions.get()), at=LATER)
        with pytest.raises(TokenExpired):
            confirm_subscription(token=token, at=LATER)
        assert person.subscriptions.get().state == State.UNSUBSCRIBED

    def test_only_the_lists_of_the_link_are_confirmed(self):
        one, other = MailingListFactory(), MailingListFactory()
        person = ask(one)
        ask(other)
        confirm_subscription(token=confirmation_of(person, one), at=LATER)
        assert person.subscriptions.get(mailing_list=other).state == State.PENDING

    def test_a_link_for_somebody_erased_or_barred_is_refused(self):
        mailing_list = MailingListFactory()
        person = ask(mailing_list)
        token = confirmation_of(person, mailing_list)
        suppress_address(canonical=person.canonical, reason=Reason.COMPLAINT, at=NOW)
        with pytest.raises(TokenInvalid):
            confirm_subscription(token=token, at=LATER)
        person.delete()
        with pytest.raises(TokenInvalid):
            confirm_subscription(token=token, at=LATER)


class TestLeaving:
    def test_the_link_ends_one_list_and_takes_the_permission_down(self):
        subscription = SubscriptionFactory()
        other = SubscriptionFactory(subscriber=subscription.subscriber)
        assert unsubscribe(token=leaving_of(subscription), at=NOW).changed
        subscription.refresh_from_db()
        other.refresh_from_db()
        assert (subscription.state, subscription.permission, subscription.unsubscribed_at) == (
            State.UNSUBSCRIBED, None, NOW,
        )  # fmt: skip
        assert other.state == State.ACTIVE
        assert events(subscription.subscriber).count(Event.WITHDRAWN) == 1

    def test_leaving_twice_or_after_erasure_is_no_error(self):
        subscription = SubscriptionFactory()
        token = leaving_of(subscription)
        unsubscribe(token=token, at=NOW)
        assert not unsubscribe(token=token, at=LATER).changed
        erase_subscriber(subscriber=subscription.subscriber, at=LATER)
        assert not unsubscribe(token=token, at=LATER).changed

    def test_it_can_be_undone_for_a_day_on_the_ground_it_had(self):
        subscription = SubscriptionFactory()
        token = leaving_of(subscription)
        unsubscribe(token=token, at=NOW)
        assert undo_unsubscription(token=token, at=LATER)
        subscription.refresh_from_db()
        assert subscription.state == State.ACTIVE
        assert subscription.permission.event == Event.RENEWED
        unsubscribe(token=token, at=NOW)
        assert not undo_unsubscription(token=token, at=NOW + timedelta(hours=25))

    def test_undoing_never_subscribes_who_was_never_subscribed(self):
        subscription = SubscriptionFactory(state=State.PENDING)
        token = leaving_of(subscription)
        unsubscribe(token=token, at=NOW)
        assert not undo_unsubscription(token=token, at=LATER)

    def test_leaving_everything_suppresses_the_address(self):
        subscription = SubscriptionFactory()
        SubscriptionFactory(subscriber=subscription.subscriber)
        for _ in range(2):
            unsubscribe_from_all(subscriber=subscription.subscriber, at=NOW)
        assert set(subscription.subscriber.subscriptions.values_list("state", flat=True)) == {State.UNSUBSCRIBED}
        assert Suppression.objects.get().reason == Reason.UNSUBSCRIBED_ALL
        subscription.subscriber.refresh_from_db()
        assert subscription.subscriber.suppressed_at == NOW
        assert not undo_unsubscription(token=leaving_of(subscription), at=LATER)

    def test_a_bounce_and_a_complaint_end_everything_with_their_reasons(self):
        bounced, complained = SubscriptionFactory(), SubscriptionFactory()
        record_hard_bounce(subscriber=bounced.subscriber, at=NOW)
        record_complaint(subscriber=complained.subscriber, at=NOW)
        bounced.refresh_from_db()
        complained.refresh_from_db()
        assert (bounced.state, complained.state) == (State.BOUNCED, State.COMPLAINED)
        assert events(bounced.subscriber)[-1] == Event.ENDED
        assert events(complained.subscriber)[-1] == Event.OBJECTED
        assert suppression_reason(canonical=complained.subscriber.canonical) == Reason.COMPLAINT

    def test_a_move_that_the_table_does_not_have_is_refused(self):
        subscription = SubscriptionFactory()
        with pytest.raises(MoveRefused):
            move_subscription(subscription=subscription, to=State.PENDING, at=NOW)


class TestSuppression:
    def test_a_stricter_reason_replaces_a_milder_one_never_the_reverse(self):
        suppress_address(canonical="jo@example.org", reason=Reason.COMPLAINT, at=NOW)
        suppress_address(canonical="jo@example.org", reason=Reason.ERASED, at=NOW)
        assert suppression_reason(canonical="jo@example.org") == Reason.COMPLAINT
        suppress_address(canonical="jo@example.org", reason=Reason.MANUAL, at=NOW)
        assert suppression_reason(canonical="jo@example.org") == Reason.MANUAL
        assert Suppression.objects.count() == 1

    def test_an_address_stays_suppressed_when_the_key_is_replaced(self):
        with override_settings(SUPPRESSION_KEYS={"old": "o" * 40}):
            suppress_address(canonical="jo@example.org", reason=Reason.ERASED, at=NOW)
        with override_settings(SUPPRESSION_KEYS={"new": "n" * 40, "old": "o" * 40}):
            assert suppression_reason(canonical="jo@example.org") == Reason.ERASED
            suppress_address(canonical="jo@example.org", reason=Reason.ERASED, at=NOW)
            assert Suppression.objects.count() == 1
            suppress_address(canonical="ann@example.org", reason=Reason.ERASED, at=NOW)
            assert set(Suppression.objects.values_list("key_id", flat=True)) == {"old", "new"}

    def test_the_table_does_not_hold_the_address_or_a_plain_hash_of_it(self):
        import hashlib

        suppress_address(canonical="jo@example.org", reason=Reason.ERASED, at=NOW)
        assert Suppression.objects.get().digest != hashlib.sha256(b"jo@example.org").hexdigest()

    def test_only_an_operator_lifts_a_complaint(self):
        person = SubscriberFactory()
        suppress_address(canonical=person.canonical, reason=Reason.COMPLAINT, at=NOW)
        assert not lift_suppression(canonical=person.canonical)
        assert lift_suppression(canonical=person.canonical, by_operator=True)
        person.refresh_from_db()
        assert person.suppressed_at is None


class TestAudience:
    def test_the_waterfall_adds_up_and_its_end_is_the_audience(self):
        mailing_list = MailingListFactory()
        for state in State:
            SubscriptionFactory(mailing_list=mailing_list, state=state)
        suppressed = SubscriptionFactory(mailing_list=mailing_list)
        suppress_address(canonical=suppressed.subscriber.canonical, reason=Reason.MANUAL, at=NOW)
        SubscriptionFactory(
            mailing_list=mailing_list, subscriber__frequency=Frequency.WEEKLY, last_mailed_at=NOW - timedelta(days=2)
        )
        SubscriptionFactory(
            mailing_list=mailing_list, subscriber__frequency=Frequency.WEEKLY, last_mailed_at=NOW - timedelta(days=7)
        )
        SubscriptionFactory(mailing_list=mailing_list, subscriber__frequency=Frequency.MONTHLY)
        SubscriptionFactory()
        waterfall = audience_waterfall(mailing_list, at=NOW)
        counts = {step.key: step.count for step in waterfall.left_out}
        assert counts == {
            "pending": 1, "unsubscribed": 1, "bounced": 1, "complained": 1, "suppressed": 1, "without_permission": 0,
            "closed": 0, "frequency": 1,
        }  # fmt: skip
        assert waterfall.mailable == mailable_subscriptions(mailing_list, at=NOW).count() == 3
        assert waterfall.total == waterfall.mailable + sum(counts.values())

    def test_a_permission_that_grants_nothing_does_not_make_an_audience(self):
        subscription = SubscriptionFactory()
        subscription.permission = record_permission(
            subscriber=subscription.subscriber, mailing_list=subscription.mailing_list, event=Event.REQUESTED, at=NOW
        )
        subscription.save()
        assert not mailable_subscriptions(subscription.mailing_list).exists()
        waterfall = audience_waterfall(subscription.mailing_list)
        assert {step.key: step.count for step in waterfall.left_out}["without_permission"] == 1

    def test_a_closed_list_mails_nobody(self):
        subscription = SubscriptionFactory(mailing_list__closed_at=NOW)
        assert not mailable_subscriptions(subscription.mailing_list).exists()
        assert audience_waterfall(subscription.mailing_list).mailable == 0

    def test_the_audience_is_one_query_that_can_feed_an_insert(self, django_assert_num_queries):
        subscription = SubscriptionFactory()
        with django_assert_num_queries(1):
            rows = list(
                mailable_subscriptions(subscription.mailing_list).values_list(
                    "subscriber_id", "subscriber__public_id", "subscriber__email", "subscriber__name"
                )
            )
        person = subscription.subscriber
        assert rows == [(person.pk, person.public_id, person.email, person.name)]

    def test_a_mailing_makes_who_wants_one_a_week_wait_for_the_next(self):
        subscription = SubscriptionFactory(subscriber__frequency=Frequency.WEEKLY)
        audience = mailable_subscriptions(subscription.mailing_list, at=NOW)
        assert record_mailed(subscriptions=Subscription.objects.filter(pk__in=audience.values("pk")), at=NOW) == 1
        assert not mailable_subscriptions(subscription.mailing_list, at=NOW + timedelta(days=3)).exists()
        assert mailable_subscriptions(subscription.mailing_list, at=NOW + timedelta(days=7)).exists()

    def test_followers_of_several_topics_come_once(self):
        topics = [TopicFactory(), TopicFactory()]
        person = SubscriberFactory()
        person.topics.set(topics)
        SubscriberFactory()
        assert list(followers([topic.pk for topic in topics])) == [person]


class TestGrounds:
    @pytest.mark.parametrize(
        ("ground", "basis"),
        [
            (Ground.CONSENT, Basis.LEGITIMATE_INTERESTS),
            (Ground.SOFT_OPT_IN, Basis.CONSENT),
            (Ground.CHARITABLE_SOFT_OPT_IN, Basis.CONTRACT),
        ],
    )
    def test_a_ground_and_a_basis_that_contradict_each_other_are_refused(self, ground, basis):
        subscription = SubscriptionFactory()
        with pytest.raises(GroundRefused, match="needs the basis"):
            record_permission(
                subscriber=subscription.subscriber, mailing_list=subscription.mailing_list, event=Event.IMPORTED,
                at=NOW, ground=ground, basis=basis,
            )  # fmt: skip


class TestPreferences:
    def change(self, person, lists, **facts):
        given = {"name": "Jo", "frequency": Frequency.WEEKLY, "topics": []} | facts
        wording = sign_up_wording()
        change_preferences(subscriber=person, mailing_lists=lists, wording=wording, at=LATER, **given)

    def test_choices_become_so_with_a_record_for_each_list(self):
        subscription = SubscriptionFactory()
        person, joined, topic = subscription.subscriber, MailingListFactory(), TopicFactory()
        self.change(person, [joined], topics=[topic])
        person.refresh_from_db()
        assert (person.name, person.frequency, list(person.topics.all())) == ("Jo", Frequency.WEEKLY, [topic])
        states = dict(person.subscriptions.values_list("mailing_list", "state"))
        assert states == {subscription.mailing_list_id: State.UNSUBSCRIBED, joined.pk: State.ACTIVE}
        assert sorted(events(person)) == sorted([Event.CONFIRMED, Event.WITHDRAWN, Event.CHANGED])

    def test_saving_the_same_again_records_nothing(self):
        subscription = SubscriptionFactory()
        for _ in range(2):
            self.change(subscription.subscriber, [subscription.mailing_list])
        assert events(subscription.subscriber) == [Event.CONFIRMED]

    def test_a_list_that_is_not_public_is_left_here_but_not_joined(self):
        hidden = MailingListFactory(is_public=False)
        person = SubscriberFactory()
        self.change(person, [hidden])
        assert not person.subscriptions.exists()

    def test_joining_after_leaving_everything_lifts_the_suppression_but_not_a_complaint(self):
        subscription = SubscriptionFactory()
        person = subscription.subscriber
        unsubscribe_from_all(subscriber=person, at=NOW)
        self.change(person, [subscription.mailing_list])
        assert mailable_subscriptions(subscription.mailing_list).count() == 1
        record_complaint(subscriber=person, at=NOW)
        self.change(person, [subscription.mailing_list])
        assert not mailable_subscriptions(subscription.mailing_list).exists()


class TestErasure:
    def test_nothing_that_names_the_person_stays(self):
        subscription = SubscriptionFactory(subscriber__email="jo.unusual@example.org", subscriber__name="Jo Unusual")
        person = subscription.subscriber
        ask(subscription.mailing_list, email=person.email)
        public_id = person.public_id
        erase_subscriber(subscriber=person, at=NOW)
        assert not Subscriber.objects.exists()
        assert not OutgoingMail.objects.exists()
        kept = repr([list(model.objects.values()) for model in (PermissionRecord, Wording, Suppression)])
        assert "unusual" not in kept.lower()
        assert [record.event for record in permission_history(public_id)][-1] == Event.ERASED
        assert suppression_reason(canonical="jo.unusual@example.org") == Reason.ERASED

    def test_the_copy_holds_what_is_kept_as_json(self):
        import json

        subscription = SubscriptionFactory()
        topic = TopicFactory(name="Flow")
        subscription.subscriber.topics.add(topic)
        copy = json.loads(json.dumps(export_subscriber(subscriber=subscription.subscriber)))
        assert copy["subscriber"]["email"] == subscription.subscriber.email
        assert copy["topics"] == ["Flow"]
        assert copy["subscriptions"][0]["list"] == subscription.mailing_list.name
        assert copy["permission"][0]["wording"] == sign_up_wording().text

    def test_who_never_confirmed_is_forgotten_after_a_while(self, settings):
        old = NOW - timedelta(days=settings.CONFIRMATION_DAYS + 31)
        mailing_list = MailingListFactory()
        ask(mailing_list, email="old@example.org", at=old)
        ask(mailing_list, email="new@example.org", at=NOW)
        ask(mailing_list, email="again@example.org", at=old)
        ask(mailing_list, email="again@example.org", at=NOW)
        confirmed = SubscriptionFactory()
        Subscriber.objects.update(created_at=old)
        people, _ = remove_unconfirmed(at=NOW)
        assert people == 1
        assert set(Subscriber.objects.values_list("canonical", flat=True)) == {
            "new@example.org", "again@example.org", confirmed.subscriber.canonical,
        }  # fmt: skip


class TestLinkByMail:
    def test_only_a_known_address_gets_the_link(self):
        known = SubscriberFactory()
        unconfirmed = SubscriberFactory(confirmed_at=None)
        complained = SubscriberFactory()
        record_complaint(subscriber=complained, at=NOW)
        for canonical in (known.canonical, unconfirmed.canonical, complained.canonical, "nobody@example.org"):
            request_preferences_link(canonical=canonical, at=NOW)
        assert [mail.subscriber for mail in OutgoingMail.objects.all()] == [known]
