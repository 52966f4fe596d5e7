"""The public pages: what they show, what they refuse, and that they tell nobody who is subscribed."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.core import signing
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from newsletters.audience import forms, links
from newsletters.audience.models import (
    AudienceSettings,
    Event,
    Frequency,
    OutgoingMail,
    PermissionRecord,
    Reason,
    State,
    Subscriber,
    Wording,
)
from newsletters.audience.rates import FORMS_AN_HOUR
from newsletters.audience.services import sign_up_wording, suppress_address, suppression_reason
from tests.factories.audience import MailingListFactory, SubscriberFactory, SubscriptionFactory
from tests.factories.audience import sign_up_wording as recorded_wording
from tests.factories.pages import TopicFactory

pytestmark = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def client():
    return Client(enforce_csrf_checks=True)


def old_stamp(seconds: float = 60) -> str:
    shown = signing.b62_encode(int(timezone.now().timestamp() - seconds))
    unsigned = f"shown:{shown}"
    return f"{unsigned}:{forms._STAMP.signature(unsigned)}"


def form(*lists, email="jo@example.org", **changes):
    return {
        "email": email,
        "lists": [mailing_list.slug for mailing_list in lists],
        "wording": Wording.digest_of(sign_up_wording()),
        "shown": old_stamp(),
        "website": "",
    } | changes


def shape(response) -> tuple[int, str, bytes]:
    return response.status_code, response.get("Location", ""), response.content


def unsubscribe_path(subscription) -> str:
    token = links.sign_unsubscribe(
        subscriber=subscription.subscriber.public_id, mailing_list=subscription.mailing_list_id
    )
    return reverse("audience:unsubscribe", args=[token])


def preferences_path(person, *, age=timedelta()) -> str:
    token = links.sign_preferences(subscriber=person.public_id, at=timezone.now() - age)
    return reverse("audience:preferences", args=[token])


class TestSigningUp:
    def test_the_form_of_the_tag_is_accepted_as_it_stands(self, client):
        mailing_list = MailingListFactory()
        request = RequestFactory().get("/")
        html = Template("{% load signup %}{% signup_form %}").render(Context({"request": request}))
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', html))
        stamp = old_stamp()
        answer = client.post("/subscribe/", fields | {"email": "jo@example.org", "shown": stamp, "website": ""})
        assert shape(answer)[:2] == (302, "/subscribe/sent/")
        assert Subscriber.objects.get().subscriptions.get().mailing_list == mailing_list

    def test_a_new_a_subscribed_and_a_barred_address_get_the_same_answer(self, client):
        mailing_list = MailingListFactory()
        subscribed = SubscriptionFactory(mailing_list=mailing_list).subscriber
        suppress_address(canonical="barred@example.org", reason=Reason.COMPLAINT, at=timezone.now())
        answers = {
            shape(client.post("/subscribe/", form(mailing_list, email=email)))
            for email in ("new@example.org", subscribed.email, "barred@example.org")
        }
        assert answers == {(302, "/subscribe/sent/", b"")}

    def test_the_words_that_were_shown_are_on_record(self, client):
        mailing_list = MailingListFactory()
        client.post("/subscribe/", form(mailing_list), headers={"referer": "http://testserver/blog/a-page/"})
        record = PermissionRecord.objects.get()
        assert record.wording.text == sign_up_wording()
        assert record.page_address == "/blog/a-page/"

    def test_a_token_in_the_page_before_is_not_recorded(self, client):
        mailing_list = MailingListFactory()
        page = preferences_path(SubscriberFactory())
        client.post("/subscribe/", form(mailing_list), headers={"referer": f"http://testserver{page}"})
        assert PermissionRecord.objects.get().page_address == "/preferences/<str:token>/"

    def test_a_cached_page_with_earlier_words_is_accepted_for_those_words(self, client):
        mailing_list = MailingListFactory()
        client.post("/subscribe/", form(mailing_list))
        sent = form(mailing_list, email="ann@example.org")
        settings = AudienceSettings.load()
        settings.sign_up_wording = "New words of {organisation}."
        settings.save()
        client.post("/subscribe/", sent)
        assert PermissionRecord.objects.last().wording.digest == sent["wording"]

    def test_words_that_were_never_shown_are_refused(self, client):
        answer = client.post("/subscribe/", form(MailingListFactory(), wording="0" * 64))
        assert answer.status_code == 422
        assert b"have changed" in answer.content
        assert not Subscriber.objects.exists()

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"email": ""}, "Enter your email address"),
            ({"email": "jo@@example.org"}, "Check your email address"),
            ({"email": "jo@example.org\nBcc: x@example.org"}, "Check your email address"),
            ({"lists": []}, "Choose at least one"),
            ({"lists": ["no-such-list"]}, "Choose from the list"),
            ({"name": "Jo\r\nBcc: x@example.org"}, "one line"),
            ({"email": "a" * 300 + "@example.org"}, "254"),
        ],
    )
    def test_what_is_wrong_is_said_and_what_was_typed_is_kept(self, client, changes, words):
        mailing_list = MailingListFactory()
        answer = client.post("/subscribe/", form(mailing_list, **changes))
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert not Subscriber.objects.exists()
        if "email" not in changes:
            assert 'value="jo@example.org"' in answer.content.decode()

    def test_a_private_or_closed_list_cannot_be_joined(self, client):
        for mailing_list in (MailingListFactory(is_public=False), MailingListFactory(closed_at=timezone.now())):
            assert client.post("/subscribe/", form(mailing_list)).status_code == 422
        assert not Subscriber.objects.exists()

    def test_bait_that_is_taken_changes_nothing_and_looks_like_success(self, client):
        answer = client.post("/subscribe/", form(MailingListFactory(), website="http://spam.example"))
        assert shape(answer)[:2] == (302, "/subscribe/sent/")
        assert not Subscriber.objects.exists()

    @pytest.mark.parametrize("stamp", ["", "shown:abc", "nonsense"])
    def test_a_form_without_its_stamp_asks_for_one_more_press_and_then_works(self, client, stamp):
        mailing_list = MailingListFactory()
        answer = client.post("/subscribe/", form(mailing_list, shown=stamp))
        assert answer.status_code == 422
        assert "once more" in answer.content.decode()
        assert 'value="jo@example.org"' in answer.content.decode()

    def test_a_form_that_comes_back_at_once_asks_for_one_more_press(self, client):
        answer = client.post("/subscribe/", form(MailingListFactory(), shown=forms.make_stamp()))
        assert "once more" in answer.content.decode()
        assert not Subscriber.objects.exists()

    @pytest.mark.parametrize(
        "headers",
        [{"origin": "https://evil.example"}, {"origin": "null"}, {"referer": "https://evil.example/testserver"}],
    )
    def test_a_form_sent_from_another_site_is_refused(self, client, headers):
        answer = client.post("/subscribe/", form(MailingListFactory()), headers=headers)
        assert answer.status_code == 403
        assert not Subscriber.objects.exists()

    def test_too_many_forms_from_one_visitor_are_refused_for_an_hour(self, client):
        mailing_list = MailingListFactory()
        for number in range(FORMS_AN_HOUR):
            data = form(mailing_list, email=f"reader{number}@example.org")
            assert client.post("/subscribe/", data, REMOTE_ADDR="2001:db8::1").status_code == 302
        answer = client.post("/subscribe/", form(mailing_list), REMOTE_ADDR="2001:db8::2")
        assert answer.status_code == 429
        assert answer["Retry-After"] == "3600"
        assert client.post("/subscribe/", form(mailing_list), REMOTE_ADDR="2001:db8:1::1").status_code == 302

    def test_a_forged_forwarding_header_does_not_get_round_the_limit(self, client, settings):
        settings.TRUSTED_PROXY_COUNT = 1
        mailing_list = MailingListFactory()
        for number in range(FORMS_AN_HOUR):
            client.post("/subscribe/", form(mailing_list), headers={"x-forwarded-for": f"10.0.0.{number}, 192.0.2.7"})
        answer = client.post("/subscribe/", form(mailing_list), headers={"x-forwarded-for": "10.9.9.9, 192.0.2.7"})
        assert answer.status_code == 429

    def test_the_form_sets_no_cookie_and_writes_nothing(self, client, django_assert_max_num_queries):
        for _ in range(3):
            MailingListFactory()
        AudienceSettings.load()
        request = RequestFactory().get("/")
        template = Template("{% load signup %}{% signup_form %}{% signup_form 'round-1' %}")
        sign_up_wording(request)
        with django_assert_max_num_queries(1):
            template.render(Context({"request": request}))
        answer = client.get("/subscribe/")
        assert answer.status_code == 200
        assert not answer.cookies
        assert not Wording.objects.exists()

    def test_several_forms_on_a_page_have_ids_of_their_own_and_no_box_is_ticked(self):
        MailingListFactory()
        MailingListFactory()
        request = RequestFactory().get("/")
        html = Template("{% load signup %}{% signup_form %}{% signup_form %}").render(Context({"request": request}))
        ids = re.findall(r' id="([^"]+)"', html)
        assert len(ids) == len(set(ids))
        assert "checked" not in html

    def test_without_a_public_list_there_is_no_form(self):
        MailingListFactory(is_public=False)
        html = Template("{% load signup %}{% signup_form %}").render(Context({"request": RequestFactory().get("/")}))
        assert "<form" not in html


class TestConfirming:
    def ask(self, client) -> tuple[Subscriber, str]:
        mailing_list = MailingListFactory()
        client.post("/subscribe/", form(mailing_list))
        person = Subscriber.objects.get()
        token = links.sign_confirmation(
            subscriber=person.public_id,
            mailing_lists=[mailing_list.pk],
            wording_version=Wording.objects.get().version,
            at=timezone.now(),
        )
        return person, reverse("audience:confirm", args=[token])

    def test_a_scanner_that_follows_the_link_confirms_nothing_and_a_press_does(self, client):
        person, path = self.ask(client)
        for _ in range(2):
            page = client.get(path)
            client.head(path)
        assert page.status_code == 200
        assert person.subscriptions.get().state == State.PENDING
        assert client.post(path).status_code == 200
        assert person.subscriptions.get().state == State.ACTIVE
        assert client.post(path).status_code == 200

    def test_a_link_that_is_too_old_offers_a_new_one(self, client, settings):
        person, path = self.ask(client)
        settings.CONFIRMATION_DAYS = -1
        assert client.get(path).status_code == 410
        page = client.post(path)
        assert page.status_code == 410
        assert b"Send me a new link" in page.content
        assert client.post(path, {"action": "renew"}).status_code == 302
        assert OutgoingMail.objects.filter(subscriber=person, kind="confirm").count() == 2

    @pytest.mark.parametrize("name", ["confirm", "unsubscribe", "preferences"])
    def test_a_damaged_link_is_explained(self, client, name):
        for method in (client.get, client.post):
            answer = method(reverse(f"audience:{name}", args=["t1.AAAA.BBBB"]))
            assert answer.status_code == 404
            assert b"This link does not work" in answer.content


class TestUnsubscribing:
    def test_get_never_unsubscribes(self, client):
        subscription = SubscriptionFactory()
        for _ in range(2):
            assert client.get(unsubscribe_path(subscription)).status_code == 200
        subscription.refresh_from_db()
        assert subscription.state == State.ACTIVE

    def test_one_click_answers_200_without_cookie_redirect_or_csrf(self, client):
        subscription = SubscriptionFactory()
        for _ in range(2):
            answer = client.post(unsubscribe_path(subscription), ONE_CLICK)
            assert answer.status_code == 200
            assert not answer.cookies
            assert answer["Content-Type"].startswith("text/plain")
        subscription.refresh_from_db()
        assert subscription.state == State.UNSUBSCRIBED
        assert PermissionRecord.objects.get(event=Event.WITHDRAWN).page_address == "one-click"

    def test_one_click_works_as_multipart_and_from_any_origin(self, client):
        subscription = SubscriptionFactory()
        answer = client.post(
            unsubscribe_path(subscription),
            "List-Unsubscribe=One-Click",
            content_type="application/x-www-form-urlencoded",
            headers={"origin": "https://mail.example"},
        )
        assert answer.status_code == 200
        subscription.refresh_from_db()
        assert subscription.state == State.UNSUBSCRIBED

    def test_the_button_unsubscribes_and_offers_undo_and_preferences(self, client):
        subscription = SubscriptionFactory()
        path = unsubscribe_path(subscription)
        page = client.post(path, {"action": "unsubscribe"}).content.decode()
        assert "You are unsubscribed" in page
        assert "/preferences/" in page
        subscription.refresh_from_db()
        assert subscription.state == State.UNSUBSCRIBED
        assert "subscribed again" in client.post(path, {"action": "undo"}).content.decode()
        subscription.refresh_from_db()
        assert subscription.state == State.ACTIVE

    def test_a_link_of_somebody_erased_answers_kindly(self, client):
        subscription = SubscriptionFactory()
        path = unsubscribe_path(subscription)
        subscription.subscriber.delete()
        assert client.get(path).status_code == 200
        assert client.post(path, ONE_CLICK).status_code == 200

    def test_the_page_is_private(self, client):
        answer = client.get(unsubscribe_path(SubscriptionFactory()))
        assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))
        assert answer["Referrer-Policy"] == "same-origin"
        assert "noindex" in answer["X-Robots-Tag"]


class TestPreferences:
    def saved(self, person, **changes):
        return {
            "action": "save",
            "name": person.name,
            "frequency": person.frequency,
            "lists": [],
            "topics": [],
            "wording": Wording.digest_of(sign_up_wording()),
        } | changes

    def test_what_is_chosen_is_saved(self, client):
        subscription = SubscriptionFactory()
        person, other, topic = subscription.subscriber, MailingListFactory(), TopicFactory()
        path = preferences_path(person)
        assert client.get(path).status_code == 200
        data = self.saved(person, name="Jo", frequency="weekly", lists=[other.pk], topics=[topic.pk])
        answer = client.post(path, data)
        assert answer.status_code == 302
        person.refresh_from_db()
        assert (person.name, person.frequency) == ("Jo", Frequency.WEEKLY)
        assert list(person.topics.all()) == [topic]
        assert set(person.subscriptions.filter(state=State.ACTIVE).values_list("mailing_list", flat=True)) == {other.pk}
        assert "Your choices are saved" in client.get(answer["Location"]).content.decode()

    @pytest.mark.parametrize(
        "changes",
        [{"frequency": "hourly"}, {"lists": [999_999]}, {"topics": ["x"]}, {"name": "a\nb"}, {"wording": "0" * 64}],
    )
    def test_what_cannot_be_is_refused_and_changes_nothing(self, client, changes):
        subscription = SubscriptionFactory()
        person = subscription.subscriber
        data = self.saved(person, lists=[subscription.mailing_list_id]) | changes
        assert client.post(preferences_path(person), data).status_code == 422
        subscription.refresh_from_db()
        assert subscription.state == State.ACTIVE

    def test_everything_is_left_with_one_button(self, client):
        subscription = SubscriptionFactory()
        client.post(preferences_path(subscription.subscriber), {"action": "leave"})
        subscription.refresh_from_db()
        assert subscription.state == State.UNSUBSCRIBED
        assert suppression_reason(canonical=subscription.subscriber.canonical) == Reason.UNSUBSCRIBED_ALL

    def test_a_copy_and_erasure_work_with_a_fresh_link(self, client):
        subscription = SubscriptionFactory()
        path = preferences_path(subscription.subscriber)
        copy = client.post(path, {"action": "export"})
        assert copy["Content-Disposition"].startswith("attachment")
        assert json.loads(copy.content)["subscriber"]["email"] == subscription.subscriber.email
        assert b"Erase your data?" in client.post(path, {"action": "erase"}).content
        assert Subscriber.objects.exists()
        assert client.post(path, {"action": "erase", "sure": "yes"}).status_code == 200
        assert not Subscriber.objects.exists()
        assert client.get(path).status_code == 404

    @pytest.mark.parametrize("action", [{"action": "export"}, {"action": "erase", "sure": "yes"}])
    def test_with_the_link_of_an_old_mail_they_send_a_fresh_one_instead(self, client, action):
        person = SubscriberFactory()
        answer = client.post(preferences_path(person, age=timedelta(days=2)), action)
        assert (answer.status_code, answer["Location"]) == (302, "/subscribe/sent/")
        assert Subscriber.objects.exists()
        assert OutgoingMail.objects.get().kind == "preferences"

    def test_after_leaving_the_link_to_the_preferences_is_not_fresh(self, client):
        subscription = SubscriptionFactory()
        page = client.post(unsubscribe_path(subscription), {}).content.decode()
        path = re.search(r"/preferences/[^\"]+\.[^\"]+/", page)[0]
        assert client.post(path, {"action": "export"}).status_code == 302

    def test_asking_for_the_link_tells_nobody_who_is_known(self, client):
        known = SubscriberFactory()
        answers = {
            shape(client.post("/preferences/", {"email": email})) for email in (known.email, "nobody@example.org")
        }
        assert answers == {(302, "/subscribe/sent/", b"")}
        assert OutgoingMail.objects.get().subscriber == known
        assert client.post("/preferences/", {"email": "x"}).status_code == 422
        assert client.get("/preferences/").status_code == 200
        assert client.get("/subscribe/sent/").status_code == 200


def test_the_factories_wording_is_a_sign_up_wording():
    assert recorded_wording().kind == Wording.Kind.SIGN_UP
