"""Preflight: each check finds its fault, names the block and says what to do; a good issue passes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from content.pages.services import set_up_site
from newsletters.audience.models import (
    Basis,
    Event,
    Evidence,
    Ground,
    PermissionRecord,
    State,
    Subscriber,
    Subscription,
)
from newsletters.issues.compiled import FIELDS, Static, Token
from newsletters.issues.merging import Marks
from newsletters.issues.models import IssuePage
from newsletters.issues.preflight import Level, Report, preflight_issue
from newsletters.issues.preflight.checks import FILE_NAME, GMAIL_LIMIT, longest_size
from newsletters.issues.preflight.links import closed_addresses, fault_of
from newsletters.issues.preflight.reading import read_mail
from newsletters.issues.registry import registry
from tests.factories.pages import BlogPageFactory, TopicFactory, VacancyPageFactory
from tests.unit.issues.conftest import cards, outside, vacancies

pytestmark = pytest.mark.django_db


@pytest.fixture
def subscriber(newsletter) -> Subscriber:
    """Somebody who may be written to."""
    person = Subscriber.objects.create(email="sam@example.org", canonical="sam@example.org")
    permission = PermissionRecord.objects.create(
        subscriber_public_id=person.public_id,
        mailing_list=newsletter.mailing_list,
        event=Event.CONFIRMED,
        ground=Ground.CONSENT,
        basis=Basis.CONSENT,
        evidence=Evidence.FIRST_HAND,
        purpose="To send the newsletter.",
        at=timezone.now(),
    )
    Subscription.objects.create(
        subscriber=person,
        mailing_list=newsletter.mailing_list,
        state=State.ACTIVE,
        permission=permission,
        requested_at=timezone.now(),
    )
    return person


def found(report: Report, level: Level, check: str) -> list[str]:
    return [finding.message for finding in report.findings if finding.level is level and finding.check == check]


def errors(issue: IssuePage, check: str) -> list[str]:
    return found(preflight_issue(issue=issue), Level.ERROR, check)


def warnings(issue: IssuePage, check: str) -> list[str]:
    return found(preflight_issue(issue=issue), Level.WARNING, check)


def test_a_good_issue_passes_with_nothing_to_say(make_issue, subscriber) -> None:
    issue = make_issue(cards(BlogPageFactory(), title="New"), ("text", "<p>Dear {{name|you}}</p>"), outside())
    report = preflight_issue(issue=issue)
    assert report.passes
    assert report.warnings == []
    assert report.compiled is not None
    assert found(report, Level.OK, "Audience") == ["1 person with a permission on record."]


def test_the_worst_comes_first(make_issue) -> None:
    report = preflight_issue(issue=make_issue(outside(), preheader=""))
    levels = [finding.level.order for finding in report.findings]
    assert levels == sorted(levels)
    assert not report.passes


def test_an_issue_without_blocks_is_not_sent(make_issue) -> None:
    assert errors(make_issue(), "Content") == ["The issue has no blocks; add what it should say."]


def test_subject_and_preheader_are_looked_at(make_issue) -> None:
    long = make_issue(outside(), subject="x" * 61, preheader="y" * 111)
    assert "61 characters" in warnings(long, "Subject")[0]
    assert "111 characters" in warnings(long, "Preheader")[0]
    assert "There is none" in warnings(make_issue(outside(), preheader=""), "Preheader")[0]
    assert "repeats the subject" in warnings(make_issue(outside(), subject="Same", preheader="same"), "Preheader")[0]


@pytest.mark.parametrize(
    "text", ["{{nam|x}}", "{{ name | x", "name}}", "{{first name}}", "{{na<b>me</b>}}", "{{unsubscribe}}"]
)
def test_a_merge_field_that_is_none_is_an_error_at_its_block(make_issue, text: str) -> None:
    issue = make_issue(outside(), ("text", f"<p>Dear {text}, hello</p>"))
    report = preflight_issue(issue=issue)
    faults = [finding for finding in report.errors if finding.check == "Merge fields"]
    assert faults
    assert {fault.block_id for fault in faults} == {issue.body[1].id}
    assert "{{name}}" in faults[0].message


@pytest.mark.parametrize("field", ["subject", "preheader", "greeting"])
def test_a_broken_merge_field_in_the_frame_is_found(make_issue, field: str) -> None:
    assert errors(make_issue(outside(), **{field: "Dear {{nobody|x}}"}), "Merge fields")


def test_size_is_reckoned_with_every_section_and_the_longest_merge() -> None:
    parts = (Static("é" * 10), Token("name", "x"), Token("unsubscribe_url"))
    assert longest_size(parts) == 20 + FIELDS["name"].longest * 4 + FIELDS["unsubscribe_url"].longest
    assert longest_size((Token("name", "x" * 1000),)) == 1000


def test_a_mail_that_gmail_would_cut_off_is_an_error_that_names_what_costs_most(make_issue) -> None:
    issue = make_issue(outside(), ("text", "<p>" + "words and " * 11_000 + "</p>"))
    messages = errors(issue, "Size")
    assert len(messages) == 1
    assert f"{GMAIL_LIMIT:,}" in messages[0]
    assert "most cost: Text 1" in messages[0]
    nearly = make_issue(outside(), ("text", "<p>" + "words and " * 8_000 + "</p>"))
    assert warnings(nearly, "Size")


@pytest.mark.parametrize(
    ("href", "words"),
    [
        (None, "leads nowhere"),
        ("", "leads nowhere"),
        ("  ", "leads nowhere"),
        ("#top", "a place inside a page"),
        ("guides/", "is no whole address"),
        ("//example.org/a", "is no whole address"),
        ("www.example.org", "is no whole address"),
        ("javascript:alert(1)", "javascript: address"),
        ("https://", "is no address"),
        ("https:///path", "is no address"),
        ("https://exa mple.org/", "is no address"),
        ("https://example.org:port/", "is no address"),
        ("http://[::1", "is no address"),
        ("https://example.org/{{id}}", "merge field"),
        ("mailto:", "leads nowhere"),
        ("https://example.org/a?b=c#d", ""),
        ("mailto:a@example.org", ""),
        ("tel:+44113000000", ""),
    ],
)
def test_an_address_that_a_mail_cannot_use_is_named(href: str | None, words: str) -> None:
    assert words in fault_of(href)
    assert bool(words) == bool(fault_of(href))


def test_links_to_our_own_pages_must_be_open_to_readers(settings) -> None:
    set_up_site()
    live, draft = BlogPageFactory(slug="live"), BlogPageFactory(slug="draft", title="A draft")
    draft.unpublish()
    base = settings.SITE_URL
    faults = closed_addresses(
        {
            base + "/",
            f"{base}/blogs/live/",
            f"{base}/blogs/live",
            f"{base}/blogs/live/?a=1#b",
            f"{base}/blogs/draft/",
            f"{base}/blogs/nowhere/",
            f"{base}/covers/blog/1.png",
        }
    )
    assert set(faults) == {f"{base}/blogs/draft/", f"{base}/blogs/nowhere/"}
    assert "“A draft”" in faults[f"{base}/blogs/draft/"]
    assert "no page" in faults[f"{base}/blogs/nowhere/"]
    assert live.live


def test_a_link_in_a_text_to_a_page_that_is_not_published_is_an_error_at_its_block(make_issue) -> None:
    draft = BlogPageFactory(title="Not yet")
    issue = make_issue(outside(), ("text", f'<p><a linktype="page" id="{draft.pk}">Read</a></p>'))
    draft.unpublish()
    issue = IssuePage.objects.get(pk=issue.pk)
    faults = [finding for finding in preflight_issue(issue=issue).errors if finding.check == "Links"]
    assert [fault.block_id for fault in faults] == [issue.body[1].id]
    assert "“Not yet”" in faults[0].message


def test_a_link_to_a_deleted_page_is_an_error(make_issue) -> None:
    issue = make_issue(outside(), ("text", '<p><a linktype="page" id="999999">Read</a></p>'))
    assert errors(issue, "Links") == ["Leads to a page that was deleted; take the link out."]


def test_a_card_of_an_unpublished_page_is_an_error_and_a_closed_vacancy_a_warning(make_issue) -> None:
    draft = BlogPageFactory(title="Not yet")
    closed = VacancyPageFactory(
        title="Too late",
        opens_at=timezone.now() - timedelta(days=9),
        closes_at=timezone.now() - timedelta(days=1),
    )
    issue = make_issue(outside(), cards(draft), vacancies(closed))
    draft.unpublish()
    issue = IssuePage.objects.get(pk=issue.pk)
    report = preflight_issue(issue=issue)
    assert [finding.block_id for finding in report.errors if finding.check == "Pages"] == [issue.body[1].id]
    closings = [finding for finding in report.warnings if finding.check == "Vacancies"]
    assert [finding.block_id for finding in closings] == [issue.body[2].id]
    assert "“Too late” is closed" in closings[0].message


def test_a_block_that_shows_nothing_is_reported(make_issue) -> None:
    draft = BlogPageFactory()
    button = {"text": "Go", "page": draft, "url": "", "quiet": False}
    issue = make_issue(outside(), ("button", button), vacancies(all_open=True))
    draft.unpublish()
    issue = IssuePage.objects.get(pk=issue.pk)
    report = preflight_issue(issue=issue)
    silent = {finding.block_id: finding.level for finding in report.findings if finding.check == "Content"}
    assert silent == {issue.body[1].id: Level.ERROR, issue.body[2].id: Level.WARNING}


@pytest.mark.parametrize(
    "alt",
    ["IMG_2041", "img 2041", "Artboard 101 copy", "team-photo-final-2", "photo.JPG", "A thing.png", "DSC0042",
     "untitled", "Screenshot 12", "scan"],
)  # fmt: skip
def test_an_alternative_text_that_is_a_files_name_is_known_as_one(alt: str) -> None:
    assert FILE_NAME.search(alt)


@pytest.mark.parametrize(
    "alt",
    ["A nurse at a whiteboard", "Image of a ward", "Photo of the team in Leeds", "Well-being at work", "",
     "Scan the room", "The co-design cycle", "Picture a ward without queues"],
)  # fmt: skip
def test_an_alternative_text_in_words_is_none(alt: str) -> None:
    assert not FILE_NAME.search(alt)


def read(html: str):
    marks = Marks()
    start, end = marks.start_block("b"), marks.end_block()
    return read_mail(f"<html><body><!--{start}-->{html}<!--{end}--></body></html>", marks)


def test_a_mail_is_read_as_a_reader_would() -> None:
    document = read(
        '<h2>Head</h2><a href="/x">go <img src="a.png" alt="there"></a><img src="b.png">'
        '<div style="display:none">hidden</div><p style="color:#abc;font-size:13px" >small</p>'
    )
    assert [(link.href, link.text, link.block_id) for link in document.links] == [("/x", "go there", "b")]
    assert [(picture.src, picture.alt) for picture in document.pictures] == [("a.png", "there"), ("b.png", None)]
    assert [(heading.level, heading.text) for heading in document.headings] == [(2, "Head")]
    assert [(words.text, words.colour, words.size) for words in document.words] == [
        ("Head", "#000000", 16),
        ("go", "#000000", 16),
        ("small", "#aabbcc", 13),
    ]


def test_pale_words_are_found_with_their_colours() -> None:
    from newsletters.issues.preflight.checks import check_contrast

    document = read(
        '<table bgcolor="#ffffff"><tr><td style="color:#999999">pale</td>'
        '<td style="color:#999999;font-size:24px">pale but large</td>'
        '<td style="background:#000000"><b style="color:#ffffff">fine</b></td></tr></table>'
    )
    findings = list(check_contrast(document))
    assert [(level, block) for level, _, _, block in findings] == [(Level.ERROR, "b")] * 2
    assert "“pale but large” in #999999 on #ffffff has 2.8:1; it needs 3:1" in findings[1][2]
    assert "“pale” in #999999 on #ffffff has 2.8:1" in findings[0][2]


def test_headings_that_skip_a_level_are_reported() -> None:
    from newsletters.issues.preflight.checks import check_headings

    messages = [message for _, _, message, _ in check_headings(read("<h1>A</h1><h3>B</h3><h2></h2>"))]
    assert messages == [
        "“B” is on level 3 under level 1; put one between.",
        "A heading without words; write some or take it out.",
    ]
    assert [level for level, *_ in check_headings(read("<h1>A</h1><h2>B</h2><h3>C</h3><h2>D</h2>"))] == [Level.OK]
    assert any("one title" in message for _, _, message, _ in check_headings(read("<h1>A</h1><h1>B</h1>")))


def test_a_picture_without_alternative_text_is_an_error() -> None:
    from newsletters.issues.preflight.checks import check_pictures

    findings = list(check_pictures(read('<img src="/x/a.png"><img src="b.png" alt=""><img src="c.png" alt="IMG_1">')))
    assert [(level, message.split(" ")[0]) for level, _, message, _ in findings] == [
        (Level.ERROR, "a.png"),
        (Level.ERROR, "“IMG_1”"),
    ]


def test_without_a_postal_address_nothing_goes_out(newsletter, organisation, make_issue) -> None:
    newsletter.postal_address = ""
    newsletter.save()
    issue = make_issue(outside())
    assert not errors(issue, "Postal address")
    organisation.postal_address = ""
    organisation.save()
    assert errors(issue, "Postal address")


def test_sender_and_list_are_needed(newsletter, make_issue) -> None:
    newsletter.sender_address, newsletter.mailing_list = "", None
    newsletter.save()
    issue = make_issue(outside())
    assert errors(issue, "Sender")
    assert errors(issue, "Audience") == ["The newsletter has no mailing list; choose one on its page."]


def test_a_list_without_anybody_who_may_be_written_to_stops_the_issue(newsletter, make_issue, subscriber) -> None:
    issue = make_issue(outside())
    assert not errors(issue, "Audience")
    subscriber.suppressed_at = timezone.now()
    subscriber.save()
    message = errors(issue, "Audience")[0]
    assert "may be written to" in message
    assert "suppressed address: 1" in message


def test_a_closed_list_stops_the_issue(newsletter, make_issue) -> None:
    newsletter.mailing_list.closed_at = timezone.now()
    newsletter.mailing_list.save()
    assert "is closed" in errors(make_issue(outside()), "Audience")[0]


def test_a_section_that_nobody_gets_is_a_warning(make_issue, subscriber) -> None:
    topic = TopicFactory(name="Measurement")
    section = {"topic": topic, "in_archive": False, "blocks": [("heading", {"text": "For some"})]}
    issue = make_issue(outside(), ("topic_section", section))
    assert warnings(issue, "Topic") == ["Nobody follows “Measurement”, so nobody gets this section."]
    subscriber.topics.add(topic)
    assert not warnings(issue, "Topic")


def test_a_deleted_topic_is_an_error(make_issue) -> None:
    topic = TopicFactory()
    section = {"topic": topic, "in_archive": False, "blocks": [("heading", {"text": "For some"})]}
    issue = make_issue(outside(), ("topic_section", section))
    topic.delete()
    assert errors(IssuePage.objects.get(pk=issue.pk), "Topic")


def test_a_section_alone_does_not_count_as_a_way_to_leave() -> None:
    from newsletters.issues.compiled import SectionEnd, SectionStart
    from newsletters.issues.preflight.checks import _has_field

    inside = (SectionStart(1), Token("unsubscribe_url"), SectionEnd())
    assert not _has_field(inside, "unsubscribe_url")
    assert _has_field((*inside, Token("unsubscribe_url")), "unsubscribe_url")


def test_a_fault_in_the_source_becomes_an_error_with_its_block(make_issue, monkeypatch) -> None:
    issue = make_issue(outside())
    monkeypatch.setattr("newsletters.issues.composing.render_block", lambda *_: "<mj-text>x</mj-text>")
    report = preflight_issue(issue=issue)
    assert report.compiled is None
    assert [(fault.check, fault.block_id) for fault in report.errors] == [("MJML", issue.body[0].id)]


def test_outside_links_are_asked_only_when_wanted(make_issue, monkeypatch) -> None:
    asked = []

    def ask(urls):
        asked.extend(urls)
        return dict.fromkeys(urls, "answers 404; check the address")

    from newsletters.issues.preflight import links

    monkeypatch.setitem(links.check_links.__kwdefaults__, "ask", ask)
    issue = make_issue(outside(url="https://example.org/gone"))
    preflight_issue(issue=issue)
    assert asked == []
    report = preflight_issue(issue=issue, ask_outside=True)
    assert asked == ["https://example.org/gone"]
    assert "https://example.org/gone, which answers 404" in found(report, Level.WARNING, "Links")[0]


def test_a_room_above_can_add_checks(make_issue, monkeypatch) -> None:
    monkeypatch.setattr(registry, "checks", [lambda **_: [("error", "Route", "No relay is set up.")]])
    assert errors(make_issue(outside()), "Route") == ["No relay is set up."]
