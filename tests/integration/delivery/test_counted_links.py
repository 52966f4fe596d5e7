"""Counted links from the newsletter's switch to the report: in mails alone, and nobody's name in the count."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from django.db import DatabaseError
from django.urls import reverse
from django.utils import timezone

from newsletters.audience.models import MailingList
from newsletters.delivery.models import Link
from newsletters.delivery.services import freeze_mailing, record_links
from newsletters.delivery.services.clicks import MANY, target_of
from newsletters.issues.archive import archive_body
from newsletters.issues.compiled import render_for
from newsletters.issues.counting import counted_address
from newsletters.issues.models import IssuePage
from newsletters.issues.preflight import preflight_issue
from newsletters.issues.previews import render_sample, sample_values
from newsletters.issues.services import compile_issue
from tests.factories.issues import IssuePageFactory, NewsletterPageFactory
from tests.factories.pages import BlogPageFactory, TopicFactory

pytestmark = pytest.mark.django_db

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def issue() -> IssuePage:
    blog = BlogPageFactory(title="The relationships that recovery runs on")
    topic = TopicFactory(name="Measurement")
    items = [{"page": blog, "title": "", "summary": ""}]
    section = {"topic": topic, "in_archive": False, "blocks": [("text", '<p><a href="https://b.example/">B</a></p>')]}
    return IssuePageFactory(
        parent=NewsletterPageFactory(count_links=True),
        title="What carried the others",
        body=[
            ("page_cards", {"title": "New", "layout": "list", "items": items}),
            ("text", '<p>See <a href="https://example.org/a?b=1&amp;c=2">the paper</a>.</p>'),
            ("topic_section", section),
        ],
    )


def hrefs(html: str) -> list[str]:
    return [str(anchor["href"]) for anchor in BeautifulSoup(html, "html.parser").find_all("a", href=True)]


def click(client, target: str, issue_number: int = 7, *, method: str = "get", agent: str = BROWSER, **headers):
    split = urlsplit(counted_address(issue_number=issue_number, target=target))
    call = getattr(client, method)
    return call(f"{split.path}?{split.query}", headers={"user-agent": agent, **headers})


@pytest.fixture
def links() -> list[str]:
    """Targets of an issue that was sent."""
    targets = [f"https://example.org/{number}/" for number in range(8)]
    from newsletters.issues.counting import digest_of

    for position, target in enumerate(targets):
        Link.objects.create(issue_number=7, digest=digest_of(target), target=target, position=position)
    return targets


def counts() -> list[int]:
    return list(Link.objects.order_by("position").values_list("clicks", flat=True))


def test_every_link_of_the_mail_that_is_everybodys_is_counted(issue):
    compiled = compile_issue(issue=issue)
    mail = render_for(compiled, sample_values(), compiled.topic_ids)
    own = {sample_values()["unsubscribe_url"], sample_values()["preferences_url"], compiled.archive_url}
    prefix = "http://localhost/go/"
    assert {address for address in hrefs(mail.html) if not address.startswith(prefix)} <= own
    targets = {target_of(address) for address in hrefs(mail.html) if address.startswith(prefix)}
    assert {"https://example.org/a?b=1&c=2", "https://b.example/"} < targets
    counted = counted_address(issue_number=issue.pk, target="https://example.org/a?b=1&c=2")
    assert counted in mail.text
    assert sample_values()["unsubscribe_url"] in mail.text
    assert "sam" not in "".join(address for address in hrefs(mail.html) if address.startswith(prefix)).lower()


def test_a_newsletter_that_has_not_opted_in_has_its_links_as_they_are(issue):
    newsletter = issue.newsletter_page
    newsletter.count_links = False
    newsletter.save()
    compiled = compile_issue(issue=IssuePage.objects.get(pk=issue.pk))
    assert "/go/" not in str(compiled.as_data())


def test_preview_preflight_and_archive_agree(issue):
    preview, sent = render_sample(issue), compile_issue(issue=issue)
    assert preview == render_for(sent, sample_values(), sent.topic_ids)
    report = preflight_issue(issue=issue)
    assert report.compiled is not None
    assert report.compiled.content_hash == sent.content_hash
    said = {finding.check: finding.message for finding in report.findings}
    counted = len([address for address in hrefs(preview.html) if address.startswith("http://localhost/go/")])
    assert said["Counted links"].startswith(f"{counted} lead")
    # The links check looks at where links lead, not at the counter before it.
    assert "2 elsewhere" in said["Links"]
    assert "/go/" not in archive_body(issue)


def test_a_broken_target_is_still_found_by_the_preflight(issue):
    issue.body.append(("text", '<p><a href="http://localhost/there-is-no-such-page/">gone</a></p>'))
    findings = preflight_issue(issue=issue).errors
    assert any("there-is-no-such-page" in finding.message for finding in findings)


def test_freezing_makes_a_counter_a_link_and_keeps_it_at_a_second_mailing(issue):
    MailingList.objects.get(pk=issue.newsletter_page.mailing_list_id)
    compiled = compile_issue(issue=issue)
    freeze_mailing(compiled=compiled, at=timezone.now())
    link = Link.objects.get(target="https://example.org/a?b=1&c=2")
    assert (link.issue_number, link.words, link.clicks) == (issue.pk, "the paper", 0)
    assert not Link.objects.filter(target__contains="unsubscribe").exists()
    Link.objects.filter(pk=link.pk).update(clicks=5)
    assert record_links(compiled=compiled) == Link.objects.count()
    link.refresh_from_db()
    assert link.clicks == 5


def test_a_click_leads_on_and_is_counted(client, links):
    response = click(client, links[2])
    assert (response.status_code, response["Location"]) == (302, links[2])
    assert "no-store" in response["Cache-Control"]
    assert counts() == [0, 0, 1, 0, 0, 0, 0, 0]
    assert not response.cookies


def test_nobody_can_make_it_lead_elsewhere(client, links):
    split = urlsplit(counted_address(issue_number=7, target=links[0]))
    response = client.get(split.path, {"to": "https://evil.example/"}, headers={"user-agent": BROWSER})
    assert response.status_code == 404
    assert client.get(split.path, headers={"user-agent": BROWSER}).status_code == 404
    assert client.post(f"{split.path}?{split.query}").status_code == 405
    assert sum(counts()) == 0


@pytest.mark.parametrize(
    ("method", "agent", "headers"),
    [
        ("head", BROWSER, {}),
        ("get", "", {}),
        ("get", "Mozilla/5.0 (compatible; bingbot/2.0)", {}),
        ("get", "BarracudaCentral/1.0", {}),
        ("get", "python-requests/2.32", {}),
        ("get", "Mozilla/4.0 (compatible; ms-office; MSOffice 16)", {}),
        ("get", BROWSER, {"purpose": "prefetch"}),
        ("get", BROWSER, {"sec-purpose": "prefetch;prerender"}),
        ("get", BROWSER, {"sec-fetch-dest": "empty"}),
    ],
)
def test_programs_are_led_on_and_not_counted(client, links, method, agent, headers):
    response = click(client, links[0], method=method, agent=agent, **headers)
    assert (response.status_code, response["Location"]) == (302, links[0])
    assert sum(counts()) == 0


def test_a_click_twice_within_a_moment_counts_once(client, links):
    click(client, links[0])
    click(client, links[0])
    click(client, links[0], agent="Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1")
    assert counts()[0] == 2


def test_a_filter_that_opens_every_link_is_taken_back(client, links):
    for target in links[:MANY]:
        click(client, target)
    assert sum(counts()) == MANY
    for target in links[MANY:]:
        assert click(client, target).status_code == 302
    assert counts() == [0] * len(links)


def test_editors_are_not_counted(client, admin_user, links):
    client.force_login(admin_user)
    assert click(client, links[0]).status_code == 302
    assert sum(counts()) == 0


def test_links_of_an_issue_that_was_never_sent_lead_on_without_a_trace(client, issue):
    mail = render_sample(issue)
    address = next(each for each in hrefs(mail.html) if "/go/" in each)
    split = urlsplit(address)
    response = client.get(f"{split.path}?{split.query}", headers={"user-agent": BROWSER})
    assert response["Location"] == parse_qs(split.query)["to"][0]
    assert not Link.objects.exists()


def test_a_database_that_is_away_costs_a_count_and_no_reader_the_way(client, links, monkeypatch):
    from newsletters.delivery.services import clicks

    def refuse(*_):
        raise DatabaseError("locked")

    monkeypatch.setattr(clicks, "_add", refuse)
    assert click(client, links[0])["Location"] == links[0]


def test_the_address_in_mails_never_changes():
    assert reverse("counted_link", args=["t1.7.abc"]) == "/go/t1.7.abc/"
