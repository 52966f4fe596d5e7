"""An issue compiled: cards, vacancies, sections, tokens, the text part, and what never reaches a reader."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.utils import timezone

from newsletters.issues.blocks import IssueStreamBlock
from newsletters.issues.compiled import SectionStart, Static, Token, render_for
from newsletters.issues.models import IssuePage
from newsletters.issues.previews import sample_values
from newsletters.issues.services import BlockFault, IssueIncomplete, compile_issue
from newsletters.mjml import MjmlError
from tests.factories.pages import BlogPageFactory, ReportPageFactory, TopicFactory, VacancyPageFactory
from tests.unit.issues.conftest import cards, outside, vacancies

pytestmark = pytest.mark.django_db


def mail_of(issue: IssuePage, topics=frozenset(), **values):
    return render_for(compile_issue(issue=issue), sample_values() | values, topics)


def words(html: str) -> str:
    return " ".join(BeautifulSoup(html, "html.parser").find("body").get_text(" ").split())


def test_the_mail_has_title_greeting_cards_and_foot(full_issue) -> None:
    mail = mail_of(full_issue, name="Mara")
    assert mail.subject == "What carried the others, Mara"
    text = words(mail.html)
    for expected in (
        "Alder Institute",
        "The monthly round",
        "What carried the others",
        "Dear Mara,",
        "New this month",
        "Blog · 4 November 2026",
        "The relationships that recovery runs on",
        "Evaluation lead",
        "You get this because you subscribed to The monthly round.",
        "1 Mill Lane",
    ):
        assert expected in text, expected
        assert expected.upper() in mail.text.upper(), expected


def test_links_and_pictures_are_absolute_and_nothing_comes_from_elsewhere(full_issue) -> None:
    soup = BeautifulSoup(mail_of(full_issue).html, "html.parser")
    links = [link["href"] for link in soup.find_all("a")]
    assert links
    assert all(link.startswith("http") for link in links)
    pictures = [picture["src"] for picture in soup.find_all("img")]
    assert pictures
    assert all(picture.startswith(f"{settings.SITE_URL}/covers/") and ".png" in picture for picture in pictures)
    assert not soup.find_all(["link", "script", "iframe", "form"])


def test_the_foot_lets_everybody_leave_change_and_read_on_the_web(full_issue) -> None:
    mail = mail_of(full_issue, unsubscribe_url="https://example.org/u?a=1&b=2", preferences_url="https://example.org/p")
    hrefs = {link.get_text(): link["href"] for link in BeautifulSoup(mail.html, "html.parser").find_all("a")}
    assert hrefs["Unsubscribe"] == "https://example.org/u?a=1&b=2"
    assert hrefs["Change what you get"] == "https://example.org/p"
    assert hrefs["Read on the web"] == full_issue.canonical_url
    assert "https://example.org/u?a=1&b=2" in mail.text
    assert full_issue.canonical_url in mail.text


def test_only_followers_get_a_topics_section_in_both_parts(full_issue) -> None:
    topic_id = next(iter(compile_issue(issue=full_issue).topic_ids))
    with_section, without = mail_of(full_issue, {topic_id}), mail_of(full_issue)
    for part in ("html", "text"):
        assert "Only for followers." in getattr(with_section, part)
        assert "Only for followers." not in getattr(without, part)
    assert "\n\n\n" not in with_section.text
    assert "\n\n\n" not in without.text


def test_the_mail_without_a_section_equals_one_that_never_had_it(full_issue) -> None:
    without = mail_of(full_issue)
    full_issue.body = [
        (child.block_type, child.value) for child in full_issue.body if child.block_type != "topic_section"
    ]
    never = mail_of(full_issue)
    assert without.html[without.html.index("<body") :] == never.html[never.html.index("<body") :]
    assert without.text == never.text


def test_no_marker_and_no_merge_value_is_left_in_the_static_parts(full_issue) -> None:
    compiled = compile_issue(issue=full_issue)
    static = "".join(
        part.text for part in (*compiled.html, *compiled.text, *compiled.subject) if isinstance(part, Static)
    )
    assert not re.search(r"q[0-9a-f]{12}q[tsbx]\d+z", static)
    assert "{{" not in static
    assert compiled.field_names == {"name", "unsubscribe_url", "preferences_url"}


def test_the_same_issue_compiles_to_the_same_content(full_issue) -> None:
    assert compile_issue(issue=full_issue).content_hash == compile_issue(issue=full_issue).content_hash


def test_tokens_survive_in_subject_and_preheader(make_issue) -> None:
    compiled = compile_issue(issue=make_issue(outside(), subject="Hi {{name}}", preheader="For {{name|you}}"))
    assert compiled.subject == (Static("Hi "), Token("name"))
    assert compiled.preheader == (Static("For "), Token("name", "you"))


def test_the_prefix_stands_before_the_subject_and_the_title_stands_in_for_it(newsletter, make_issue) -> None:
    newsletter.subject_prefix = "The round:"
    newsletter.save()
    assert compile_issue(issue=make_issue(outside(), title="May", subject="")).subject == (Static("The round: May"),)


def test_an_editors_own_words_stand_on_a_card(make_issue) -> None:
    blog = BlogPageFactory(title="Its own title", summary="Its own summary.")
    item = {"page": blog, "title": "Better title", "summary": "Better summary."}
    text = words(mail_of(make_issue(("page_cards", {"title": "", "layout": "text", "items": [item]}))).html)
    assert "Better title Better summary." in text
    assert "Its own title" not in text


@pytest.mark.parametrize(("layout", "pictures"), [("list", 1), ("lead", 1), ("text", 0)])
def test_cards_come_in_three_layouts_with_decorative_pictures(make_issue, layout: str, pictures: int) -> None:
    issue = make_issue(cards(BlogPageFactory(), title="New", layout=layout))
    found = BeautifulSoup(mail_of(issue).html, "html.parser").find_all("img")
    assert len(found) == pictures
    assert all(picture["alt"] == "" for picture in found)


def test_headings_of_cards_follow_the_blocks_title(make_issue) -> None:
    blog = BlogPageFactory(title="A card")
    titled = BeautifulSoup(mail_of(make_issue(cards(blog, title="New"))).html, "html.parser")
    assert [(tag.name, tag.get_text()) for tag in titled.find_all(["h2", "h3"])] == [("h2", "New"), ("h3", "A card")]
    bare = BeautifulSoup(mail_of(make_issue(cards(blog))).html, "html.parser")
    assert [(tag.name, tag.get_text()) for tag in bare.find_all(["h2", "h3"])] == [("h2", "A card")]


def test_a_page_that_readers_cannot_open_has_no_card(make_issue) -> None:
    hidden, shown = BlogPageFactory(title="Hidden"), BlogPageFactory(title="Shown")
    issue = make_issue(cards(hidden, shown))
    hidden.unpublish()
    compiled = compile_issue(issue=IssuePage.objects.get(pk=issue.pk))
    text = words(render_for(compiled, sample_values(), ()).html)
    assert "Hidden" not in text
    assert "Shown" in text
    assert any("“Hidden” cannot be read" in warning for warning in compiled.warnings)


def test_a_vacancy_that_has_closed_is_left_out_to_the_second(make_issue) -> None:
    closes_at = timezone.now() + timedelta(days=3)
    vacancy = VacancyPageFactory(title="Evaluation lead", closes_at=closes_at)
    issue = make_issue(vacancies(vacancy))
    before = compile_issue(issue=issue, at=closes_at - timedelta(seconds=1))
    after = compile_issue(issue=issue, at=closes_at)
    assert "Evaluation lead" in render_for(before, sample_values(), ()).text
    assert "Evaluation lead" not in render_for(after, sample_values(), ()).text
    assert after.warnings == ("“Evaluation lead” is closed, so it is left out; take it out",)


def test_all_open_vacancies_come_soonest_first_after_the_chosen_up_to_the_limit(make_issue) -> None:
    now = timezone.now()
    late = VacancyPageFactory(title="Late", closes_at=now + timedelta(days=30))
    for days, title in ((9, "Nine"), (5, "Five"), (7, "Seven")):
        VacancyPageFactory(title=title, closes_at=now + timedelta(days=days))
    VacancyPageFactory(title="Over", opens_at=now - timedelta(days=9), closes_at=now - timedelta(days=1))
    text = mail_of(make_issue(vacancies(late, all_open=True, limit=3))).text
    found = re.findall(r"^(Late|Nine|Five|Seven|Over)$", text, re.MULTILINE)
    assert found == ["Late", "Five", "Seven"]


def test_the_number_of_queries_does_not_grow_with_the_cards(make_issue, django_assert_max_num_queries) -> None:
    few = make_issue(cards(BlogPageFactory()), vacancies(VacancyPageFactory()))
    many = make_issue(
        *(cards(*(BlogPageFactory() for _ in range(4)), ReportPageFactory()) for _ in range(3)),
        vacancies(*(VacancyPageFactory() for _ in range(4))),
    )
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as of_few:
        compile_issue(issue=IssuePage.objects.get(pk=few.pk))
    with CaptureQueriesContext(connection) as of_many:
        compile_issue(issue=IssuePage.objects.get(pk=many.pk))
    assert len(of_many) == len(of_few)


def test_angle_brackets_and_quotation_marks_in_titles_are_text(make_issue) -> None:
    nasty = "A <b>\"small\"</b> & 'odd' </mj-text> test"
    issue = make_issue(outside(title=nasty), title=nasty, greeting=nasty, preheader=nasty)
    mail = mail_of(issue)
    assert words(mail.html).count(nasty) >= 3
    assert nasty in mail.text


def test_links_in_running_text_become_absolute(make_issue) -> None:
    blog = BlogPageFactory(slug="recovery")
    issue = make_issue(
        ("text", f'<p>See <a linktype="page" id="{blog.pk}">this</a> and <a href="/guides/">those</a>.</p>')
    )
    mail = mail_of(issue)
    hrefs = [link["href"] for link in BeautifulSoup(mail.html, "html.parser").find_all("a")]
    assert f"{settings.SITE_URL}/blogs/recovery/" in hrefs
    assert f"{settings.SITE_URL}/guides/" in hrefs
    assert f"{settings.SITE_URL}/blogs/recovery/" in mail.text


def test_every_free_block_with_its_preview_value_compiles(make_issue) -> None:
    stream = IssueStreamBlock()
    body = []
    for name, block in stream.child_blocks.items():
        if name != "topic_section":
            body.append((name, block.get_preview_value()))
    topic = TopicFactory()
    issue = make_issue(outside())
    issue.body = [*body, ("topic_section", {"topic": topic, "in_archive": False, "blocks": body})]
    compiled = compile_issue(issue=issue)
    assert any(isinstance(part, SectionStart) for part in compiled.html)


def test_a_fault_in_a_block_names_the_block(make_issue, monkeypatch) -> None:
    issue = make_issue(outside(), ("heading", {"text": "Fine"}))
    monkeypatch.setattr(
        "newsletters.issues.composing.render_block",
        lambda child, *_: "<mj-section><mj-colum></mj-colum></mj-section>" if child.block_type == "heading" else "",
    )
    with pytest.raises(BlockFault) as caught:
        compile_issue(issue=issue)
    assert isinstance(caught.value, MjmlError)
    assert [block_id for block_id, _ in caught.value.by_block] == [issue.body[1].id]
    assert "did you mean <mj-column>?" in caught.value.by_block[0][1].message


def test_an_issue_outside_a_newsletter_cannot_be_compiled(make_issue) -> None:
    issue = make_issue(outside())
    from content.pages.models import HomePage

    issue.move(HomePage.objects.get(), pos="last-child")
    with pytest.raises(IssueIncomplete, match="below a newsletter"):
        compile_issue(issue=IssuePage.objects.get(pk=issue.pk))


def test_sizes_of_blocks_add_up_to_less_than_the_mail(full_issue) -> None:
    compiled = compile_issue(issue=full_issue)
    whole = len(render_for(compiled, sample_values(), compiled.topic_ids).html.encode())
    sizes = [cost.size for cost in compiled.blocks]
    assert len(sizes) == len(full_issue.body)
    assert all(size > 500 for size in sizes)
    assert sum(sizes) < whole
