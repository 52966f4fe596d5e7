"""The whole demo, loaded once: what it holds, that every page of it opens, and that nothing in it leads astray."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from django.db import transaction
from django.test import Client
from django.utils import timezone
from wagtail.models import Page, Revision

from content.events.models import EventPage
from content.media.models import CourantDocument, CourantImage
from content.pages import kinds
from content.pages.models import Card, PageTopic
from content.people.models import Profile
from content.topics.models import Topic
from content.vacancies.models import VacancyPage
from courant.demo.reading import CONTENT
from courant.demo.services import load_demo
from newsletters.audience.models import Event, PermissionRecord, State, Subscriber, Subscription
from newsletters.issues.models import IssuePage
from newsletters.issues.preflight import preflight_issue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

pytestmark = pytest.mark.django_db

OUTSIDE = {"example.org", "example.com"}
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+\w")
LINK = re.compile(r"https?://[^\s\"'<>)\]]+")
SUMMARY_LENGTH = 400


@dataclass(frozen=True)
class Loaded:
    """What the load did, and every page as a reader gets it, by address."""

    now: datetime
    lines: list[str]
    made: Counter[str]
    answers: dict[str, tuple[int, str]]


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[Loaded]:
    """Load into one transaction that is rolled back after the last test of this file, which all only read."""
    with django_db_blocker.unblock(), transaction.atomic():
        now, lines = timezone.localtime(), []
        made = load_demo(say=lines.append, now=now)
        client = Client()
        answers = {}
        for path in [*_page_paths(), *_snippet_paths()]:
            response = client.get(path)
            answers[path] = (response.status_code, response.content.decode())
        yield Loaded(now, lines, made, answers)
        transaction.set_rollback(True)


def _page_paths() -> list[str]:
    return [page.path_on_site for page in Page.objects.filter(depth__gt=1, live=True).specific() if page.is_visible()]


def _snippet_paths() -> list[str]:
    return [thing.get_absolute_url() for model in (Topic, Profile) for thing in model.objects.all()]


def test_the_demo_holds_what_was_promised(demo: Loaded) -> None:
    assert demo.made == {
        "topics": 14,
        "profiles": 13,
        "images": 3,
        "documents": 2,
        "mailing lists": 2,
        "organisation": 1,
        "subscribers": 25,
        "pages: home": 1,
        "pages: section": 8,
        "pages: report": 3,
        "pages: guide": 2,
        "pages: chapter": 5,
        "pages: blog": 9,
        "pages: newsletter-feature": 3,
        "pages: newsletter-blog": 2,
        "pages: news": 3,
        "pages: event": 5,
        "pages: vacancy": 6,
        "pages: community-home": 1,
        "pages: community-group": 4,
        "pages: community-story": 4,
        "pages: page": 4,
        "pages: newsletter": 2,
        "pages: issue": 8,
    }


def test_the_load_shows_how_far_it_is(demo: Loaded) -> None:
    assert "Pages filled and published: 70 of 70" in demo.lines


def test_loading_again_changes_nothing(demo: Loaded) -> None:
    def counts() -> list[int]:
        models = (Page, Revision, Topic, Profile, CourantImage, CourantDocument, Subscriber, PermissionRecord)
        return [model.objects.count() for model in models]

    before = counts()
    assert not load_demo(say=str, now=demo.now)
    assert counts() == before


def test_every_page_opens(demo: Loaded) -> None:
    assert {path: status for path, (status, _) in demo.answers.items() if status != 200} == {}
    assert len(demo.answers) > 90


def test_every_link_between_pages_resolves(demo: Loaded) -> None:
    client = Client()
    known = {path: status for path, (status, _) in demo.answers.items()}
    broken = {}
    for path, (_, body) in demo.answers.items():
        for anchor in BeautifulSoup(body, "html.parser").select("a[href]"):
            parts = urlsplit(str(anchor["href"]))
            if parts.scheme or parts.netloc or not parts.path:
                continue
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            if target not in known:
                known[target] = client.get(target).status_code
            if known[target] != 200:
                broken[path] = (target, known[target])
    assert broken == {}


def test_every_anchor_on_a_page_has_its_target(demo: Loaded) -> None:
    missing = {}
    for path, (_, body) in demo.answers.items():
        page = BeautifulSoup(body, "html.parser")
        ids = {element["id"] for element in page.select("[id]")}
        wanted = {str(anchor["href"])[1:] for anchor in page.select('a[href^="#"]')}
        if wanted - ids - {""}:
            missing[path] = wanted - ids
    assert missing == {}


def test_nothing_leads_outside_but_to_the_hosts_of_rfc_2606(demo: Loaded) -> None:
    hosts = Counter(
        urlsplit(str(anchor["href"])).hostname
        for _, body in demo.answers.values()
        for anchor in BeautifulSoup(body, "html.parser").select("main a[href^=http]")
    )
    hosts.pop("localhost", None)
    assert set(hosts) <= OUTSIDE
    written = {urlsplit(link).hostname for text in _texts() for link in LINK.findall(text)}
    assert written <= OUTSIDE


def test_no_address_lies_outside_example_org(demo: Loaded) -> None:
    found = {address for text in _texts() for address in ADDRESS.findall(text)}
    found |= {address for _, body in demo.answers.values() for address in ADDRESS.findall(body)}
    found |= set(Subscriber.objects.values_list("email", flat=True))
    assert found
    assert {address for address in found if not address.endswith("@example.org")} == set()


def _texts() -> list[str]:
    files = [*CONTENT.rglob("*.md"), *CONTENT.rglob("*.yaml")]
    assert len(files) > 70
    return [file.read_text(encoding="utf-8") for file in files]


def test_every_page_has_a_summary_and_every_article_topics(demo: Loaded) -> None:
    cards = Card.objects.visible().exclude(kind=kinds.HOME.key)
    assert [card.title for card in cards if not 40 < len(card.summary) <= SUMMARY_LENGTH] == []
    related = {page.pk for page in Page.objects.live().specific() if getattr(page, "takes_part_in_related", False)}
    assert related - set(PageTopic.objects.values_list("page_id", flat=True)) == set()
    assert set(Topic.objects.values_list("pk", flat=True)) == set(PageTopic.objects.values_list("topic_id", flat=True))


def test_articles_have_authors_and_authors_have_articles(demo: Loaded) -> None:
    articles = [page for page in Page.objects.live().specific() if getattr(page, "has_authors", False)]
    assert [page.title for page in articles if not page.page_authors.exists()] == []
    writers = Profile.objects.filter(page_authors__isnull=False).distinct().count()
    assert writers == Profile.objects.count() - 1  # Larkfield and Dale only employs


def test_every_state_of_a_vacancy_is_there(demo: Loaded) -> None:
    states = Counter(page.state for page in VacancyPage.objects.all())
    assert states == {"open": 4, "closed": 1, "scheduled": 1}
    assert VacancyPage.objects.closing_within(3).count() == 1
    assert VacancyPage.objects.open().filter(employer__slug="larkfield-and-dale").count() == 1


def test_a_scheduled_vacancy_is_not_to_be_seen_and_a_closed_one_says_so(demo: Loaded) -> None:
    scheduled = next(page for page in VacancyPage.objects.all() if page.state == "scheduled")
    closed = next(page for page in VacancyPage.objects.all() if page.state == "closed")
    assert Client().get(scheduled.path_on_site).status_code == 404
    assert "closed" in demo.answers[closed.path_on_site][1].lower()
    assert closed.path_on_site not in demo.answers["/vacancies/"][1]


def test_events_lie_in_the_past_and_in_the_future(demo: Loaded) -> None:
    assert EventPage.objects.upcoming().count() == 3
    assert EventPage.objects.past().count() == 2


def test_dates_are_exact_or_a_month_and_there_are_editions(demo: Loaded) -> None:
    guide = demo.answers["/guides/quality-improvement-made-simple/"][1]
    assert "Third edition" in guide or "third edition" in guide
    assert Card.objects.filter(date_precision="month").count() >= 5
    assert not Card.objects.visible().filter(published_on__gt=demo.now.date()).exclude(kind=kinds.EVENT.key).exists()


def test_history_says_when_pages_went_up(demo: Loaded) -> None:
    pages = Page.objects.filter(live=True, depth__gt=1)
    assert not pages.filter(first_published_at=None).exists()
    assert not pages.filter(first_published_at__gt=timezone.now()).exists()
    assert pages.filter(latest_revision=None).count() == 0
    assert pages.filter(has_unpublished_changes=True).count() == 0


def test_newsletter_articles_name_the_issue_they_ran_in(demo: Loaded) -> None:
    for path in ("/features/three-wards-one-whiteboard/", "/features/reading-the-evidence-slowly/"):
        page = Page.objects.get(url_path=f"/home{path}").specific
        assert page.ran_in is not None
        assert page.ran_in.specific.path_on_site in demo.answers[path][1]


def test_past_issues_are_in_the_archive_and_drafts_are_not(demo: Loaded) -> None:
    sent = IssuePage.objects.live()
    assert sent.count() == 6
    assert all(issue.sent_at and issue.sent_at < timezone.now() and issue.sent_hash for issue in sent)
    for issue in IssuePage.objects.filter(live=False):
        assert issue.sent_at is None
        assert Client().get(issue.path_on_site).status_code == 404
        assert issue.title not in demo.answers[issue.newsletter_page.path_on_site][1]


def test_the_drafts_are_ready_to_send(demo: Loaded) -> None:
    drafts = [page.get_latest_revision_as_object() for page in IssuePage.objects.filter(live=False)]
    assert len(drafts) == 2
    for draft in drafts:
        report = preflight_issue(issue=draft)
        assert [str(finding) for finding in report.errors] == []
        assert report.compiled is not None
        assert {"unsubscribe_url", "preferences_url"} <= report.compiled.field_names


def test_subscribers_stand_where_the_file_says_and_permission_is_on_record(demo: Loaded) -> None:
    states = Counter(Subscription.objects.values_list("state", flat=True))
    assert set(states) == {State.ACTIVE, State.PENDING, State.UNSUBSCRIBED, State.BOUNCED}
    assert Subscription.objects.mailable().count() == states[State.ACTIVE]
    events = Counter(PermissionRecord.objects.values_list("event", flat=True))
    assert events[Event.REQUESTED] == Subscription.objects.count()
    assert events[Event.CONFIRMED] == Subscription.objects.count() - states[State.PENDING]
    assert events[Event.WITHDRAWN] == states[State.UNSUBSCRIBED]
    assert Subscriber.objects.suppressed().count() == 1
    assert not PermissionRecord.objects.filter(at__gt=timezone.now()).exists()


def test_names_of_many_scripts_come_through(demo: Loaded) -> None:
    names = set(Subscriber.objects.values_list("name", flat=True))
    assert {"نور الهاشمي", "田中 淳", "Breda O\N{RIGHT SINGLE QUOTATION MARK}Connor", ""} <= names
    assert max(map(len, names)) > 60


def test_files_to_download_are_what_they_say(demo: Loaded) -> None:
    for document in CourantDocument.objects.all():
        answer = Client().get(document.url, follow=True)
        assert answer.status_code == 200
        assert b"".join(answer.streaming_content).startswith(b"%PDF-")


def test_the_panels_at_the_foot_are_filled(demo: Loaded) -> None:
    home = demo.answers["/"][1]
    for words in ("Why good changes fail", "Follow the institute", "Four roles are open", "4 Foundry Row"):
        assert words in home
