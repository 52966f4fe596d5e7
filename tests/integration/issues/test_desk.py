"""The issue desk: who may do what, what preflight stops, and that what is sent is what was looked at."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from bs4 import BeautifulSoup
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from newsletters.issues.compiled import render_for
from newsletters.issues.previews import sample_values
from newsletters.issues.registry import registry
from newsletters.issues.selectors import issue_draft
from newsletters.issues.services import compile_issue

pytestmark = pytest.mark.django_db


def desk(issue) -> str:
    return reverse("issues:desk", args=[issue.pk])


def hash_on(client, issue) -> str:
    soup = BeautifulSoup(client.get(desk(issue)).content, "html.parser")
    return soup.find("input", attrs={"name": "content_hash"})["value"]


def send(client, issue, **data):
    return client.post(reverse("issues:send", args=[issue.pk]), data)


def said(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


@pytest.mark.parametrize("name", ["desk", "mail"])
def test_the_desk_is_for_those_who_may_edit_the_issue(client, issue, writer, stranger, name: str) -> None:
    address = reverse(f"issues:{name}", args=[issue.pk])
    assert client.get(address).status_code == 302
    client.force_login(stranger)
    assert client.get(address).status_code in (302, 403)
    client.force_login(writer)
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("name", ["test", "send"])
def test_nothing_is_sent_for_those_who_may_not_edit(client, issue, stranger, sent, name: str) -> None:
    client.force_login(stranger)
    response = client.post(reverse(f"issues:{name}", args=[issue.pk]), {"address": "a@example.org"})
    assert response.status_code in (302, 403)
    assert sent == []


def test_sending_is_not_done_by_get(client, issue, publisher, sent) -> None:
    client.force_login(publisher)
    for name in ("test", "send"):
        assert client.get(reverse(f"issues:{name}", args=[issue.pk])).status_code == 405
    assert sent == []


def test_an_issue_that_is_not_there_is_a_404(client, publisher) -> None:
    client.force_login(publisher)
    assert client.get(reverse("issues:desk", args=[999999])).status_code == 404


def test_the_desk_says_that_the_issue_is_ready_and_shows_it_in_frames(client, issue, publisher, sent) -> None:
    client.force_login(publisher)
    response = client.get(desk(issue))
    soup = BeautifulSoup(response.content, "html.parser")
    assert "Ready." in soup.find(id="preflight-verdict").get_text()
    assert [frame["title"] for frame in soup.find_all("iframe")] == ["The mail on a wide screen", "The mail on a phone"]
    assert not soup.find("button", string="Send the issue").has_attr("disabled")


def test_the_button_is_off_and_says_why_when_preflight_fails(client, issue, newsletter, publisher, sent) -> None:
    newsletter.sender_address = ""
    newsletter.save()
    client.force_login(publisher)
    soup = BeautifulSoup(client.get(desk(issue)).content, "html.parser")
    button = soup.find("button", string="Send the issue")
    assert button.has_attr("disabled")
    assert "Preflight finds errors" in soup.find(id=button["aria-describedby"]).get_text()
    assert "Not ready." in soup.find(id="preflight-verdict").get_text()


def test_the_server_checks_again_whatever_the_button_said(client, issue, newsletter, publisher, sent) -> None:
    client.force_login(publisher)
    content_hash = hash_on(client, issue)
    newsletter.mailing_list = None
    newsletter.save()
    response = send(client, issue, content_hash=content_hash)
    assert "Preflight finds 1" in said(response)
    assert sent == []


def test_who_may_edit_but_not_publish_may_not_send(client, issue, writer, sent) -> None:
    client.force_login(writer)
    page = client.get(desk(issue)).content.decode()
    assert "ask somebody who may" in page
    assert send(client, issue, content_hash=compile_issue(issue=issue).content_hash).status_code in (302, 403)
    assert sent == []


def test_sending_hands_over_exactly_what_was_looked_at(client, issue, publisher, sent) -> None:
    client.force_login(publisher)
    content_hash = hash_on(client, issue)
    response = send(client, issue, content_hash=content_hash)
    assert "The mailing: frozen." in said(response)
    (handed_over,) = sent
    assert handed_over["compiled"].content_hash == content_hash
    assert handed_over["compiled"].revision_id == issue.latest_revision_id
    assert handed_over["issue"].pk == issue.pk
    assert handed_over["at"] is None
    assert handed_over["by"] == publisher


def test_a_change_after_looking_stops_the_sending(client, issue, publisher, sent) -> None:
    client.force_login(publisher)
    content_hash = hash_on(client, issue)
    draft = issue.get_latest_revision_as_object()
    draft.subject = "Another subject"
    draft.save_revision()
    assert "It is not what you were looking at" in said(send(client, issue, content_hash=content_hash))
    assert sent == []


def test_a_change_of_a_page_it_shows_stops_the_sending(client, issue, blog, publisher, sent) -> None:
    client.force_login(publisher)
    content_hash = hash_on(client, issue)
    blog.title = "Another title"
    blog.save()
    assert "a page it shows, has changed" in said(send(client, issue, content_hash=content_hash))
    assert sent == []


def test_the_draft_is_sent_and_not_the_published_page(client, issue, publisher, sent) -> None:
    issue.get_latest_revision().publish()
    draft = issue.get_latest_revision_as_object()
    draft.subject = "Only in the draft"
    draft.save_revision()
    client.force_login(publisher)
    send(client, issue, content_hash=hash_on(client, issue))
    (handed_over,) = sent
    assert render_for(handed_over["compiled"], sample_values(), ()).subject == "Only in the draft"


@pytest.mark.parametrize("at", ["yesterday", "2026-13-45T10:00", "2020-01-01T10:00"])
def test_a_moment_that_is_none_or_over_is_refused(client, issue, publisher, sent, at: str) -> None:
    client.force_login(publisher)
    response = send(client, issue, content_hash=hash_on(client, issue), at=at)
    assert "The issue was not sent." in said(response)
    assert sent == []


def test_a_schedule_is_understood_in_the_sites_time(client, issue, publisher, sent) -> None:
    client.force_login(publisher)
    at = timezone.localtime(timezone.now() + timedelta(days=2)).replace(second=0, microsecond=0)
    send(client, issue, content_hash=hash_on(client, issue), at=f"{at:%Y-%m-%dT%H:%M}")
    assert sent[0]["at"] == at


def test_what_delivery_refuses_is_said_to_the_editor(client, issue, publisher, monkeypatch) -> None:
    def refuse(**_):
        raise ValueError("This issue is on its way to this list already.")

    monkeypatch.setattr(registry, "send_hook", refuse)
    client.force_login(publisher)
    response = send(client, issue, content_hash=hash_on(client, issue))
    assert "The issue was not sent. This issue is on its way" in said(response)


def test_without_delivery_the_desk_says_so(client, issue, publisher, monkeypatch) -> None:
    monkeypatch.setattr(registry, "send_hook", None)
    client.force_login(publisher)
    assert "Sending is not installed here." in client.get(desk(issue)).content.decode()
    assert "Sending is not installed here." in said(send(client, issue, content_hash=hash_on(client, issue)))


def test_the_mail_is_shown_under_a_policy_of_its_own(client, issue, publisher) -> None:
    client.force_login(publisher)
    response = client.get(reverse("issues:mail", args=[issue.pk]))
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'unsafe-inline'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in policy
    assert "Sam Example" in response.content.decode()


def test_the_mail_can_be_shown_without_pictures_dark_as_text_and_without_topics(client, issue, publisher) -> None:
    client.force_login(publisher)
    address = reverse("issues:mail", args=[issue.pk])
    assert "img-src 'none'" in client.get(address, {"pictures": "0"})["Content-Security-Policy"]
    assert "@media all" in client.get(address, {"dark": "1"}).content.decode()
    text = client.get(address, {"part": "text"})
    assert text["Content-Type"] == "text/plain; charset=utf-8"
    assert "For followers only." in text.content.decode()
    assert "For followers only." not in client.get(address, {"part": "text", "topics": ""}).content.decode()
    assert client.get(address, {"topics": "1,x"}).status_code == 404


def test_a_source_with_faults_shows_the_faults_in_place_of_the_mail(client, issue, publisher, monkeypatch) -> None:
    monkeypatch.setattr("newsletters.issues.composing.render_block", lambda *_: "<mj-sectoin></mj-sectoin>")
    client.force_login(publisher)
    response = client.get(reverse("issues:mail", args=[issue.pk]))
    assert "did you mean &lt;mj-section&gt;?" in response.content.decode()
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "Not ready." in client.get(desk(issue)).content.decode()


@pytest.mark.parametrize(
    ("mode", "kind", "words"),
    [
        ("", "text/html", "What carried the others"),
        ("mail", "text/html", "Unsubscribe"),
        ("text", "text/plain", "Unsubscribe:"),
    ],
)
def test_the_admins_preview_shows_page_mail_and_text(issue, publisher, mode: str, kind: str, words: str) -> None:
    response = issue.make_preview_request(preview_mode=mode)
    response = response.render() if hasattr(response, "render") else response
    assert response.status_code == 200
    assert response["Content-Type"].startswith(kind)
    assert words in unescape(response.content.decode())


def test_the_list_of_issues_shows_those_one_may_edit(client, issue, publisher, stranger) -> None:
    client.force_login(publisher)
    page = client.get(reverse("issues:issues")).content.decode()
    assert desk(issue) in page
    assert "Draft" in page


def test_the_edit_page_leads_to_the_desk(client, issue, publisher) -> None:
    client.force_login(publisher)
    page = client.get(reverse("wagtailadmin_pages:edit", args=[issue.pk])).content.decode()
    assert f'href="{desk(issue)}"' in page


def test_mailings_are_listed(client, issue, publisher, monkeypatch) -> None:
    from newsletters.issues.registry import MailingSummary

    summary = MailingSummary("To everybody", "sending", {"accepted": 1200}, "/admin/mailings/7/")
    monkeypatch.setattr(registry, "mailings_hook", lambda **_: [summary])
    client.force_login(publisher)
    page = client.get(desk(issue)).content.decode()
    assert 'href="/admin/mailings/7/"' in page
    assert "1,200 accepted" in page


def test_outside_links_are_asked_on_request_only(client, issue, publisher, monkeypatch) -> None:
    asked = []

    def preflight(*, issue, ask_outside: bool = False):
        asked.append(ask_outside)
        return original(issue=issue)

    from newsletters.issues import views

    original = views.preflight_issue
    monkeypatch.setattr(views, "preflight_issue", preflight)
    client.force_login(publisher)
    client.get(desk(issue))
    client.post(desk(issue))
    assert asked == [False, True]


def test_the_compiled_draft_is_the_latest_revision(issue) -> None:
    assert issue_draft(issue).composed_revision_id == issue.latest_revision_id
