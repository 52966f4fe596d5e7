"""The base page: its card, its visibility in time, its document, its address."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from content.pages.models import Card, DatePrecision, HomePage
from content.pages.services import set_up_site
from content.pages.text import cut_at_word, reading_minutes
from content.vacancies.models import VacancyPage
from tests.factories.pages import (
    BlogPageFactory,
    ChapterPageFactory,
    EventPageFactory,
    ProfileFactory,
    QuickGuidePageFactory,
    SectionPageFactory,
    TopicFactory,
    VacancyPageFactory,
)

pytestmark = pytest.mark.django_db


def test_saving_a_page_writes_its_card():
    page = BlogPageFactory(
        title="A long title", card_title="Short", published_on=date(2021, 4, 1), date_precision="month"
    )
    card = Card.objects.get(page_id=page.pk)
    assert (card.title, card.kind, card.label, card.hue) == ("Short", "blog", "Blog", "blog")
    assert card.when == "April 2021"
    assert card.url == f"/blogs/{page.slug}/" == page.path_on_site
    page.card_title = ""
    page.save()
    card.refresh_from_db()
    assert card.title == "A long title"


def test_a_card_follows_its_page_when_the_section_moves(django_assert_num_queries):
    page = BlogPageFactory()
    other = SectionPageFactory(slug="archive")
    page.get_parent().specific.move(other, pos="last-child")
    with django_assert_num_queries(1):
        card = Card.objects.select_related("page").get(pk=page.pk)
        assert card.url == f"/archive/blogs/{page.slug}/"


def test_an_article_without_a_date_gets_the_day_it_was_first_published():
    page = BlogPageFactory(published_on=None)
    assert page.published_on == timezone.localdate()
    page.published_on, page.first_published_at = None, datetime(2024, 6, 30, 23, 30, tzinfo=ZoneInfo("UTC"))
    page.save()
    assert page.published_on == date(2024, 7, 1)


def test_a_draft_never_changes_the_card():
    page = BlogPageFactory(title="Published words")
    page.title = "Draft words"
    page.save_revision()
    assert Card.objects.get(pk=page.pk).title == "Published words"


def test_a_deleted_page_takes_its_card_along():
    page = BlogPageFactory()
    page.delete()
    assert not Card.objects.filter(pk=page.pk).exists()


def test_expiry_holds_to_the_second_without_any_job(client):
    page = BlogPageFactory(expire_at=timezone.now() + timedelta(hours=1))
    moment = page.expire_at
    assert page.is_visible(moment - timedelta(seconds=1))
    assert not page.is_visible(moment)
    assert Card.objects.visible(moment - timedelta(seconds=1)).filter(pk=page.pk).exists()
    assert not Card.objects.visible(moment).filter(pk=page.pk).exists()
    page.expire_at = timezone.now() - timedelta(seconds=1)
    page.save()
    assert client.get(page.path_on_site).status_code == 404


def test_a_page_is_found_by_its_whole_path_and_nothing_else(client):
    guide = QuickGuidePageFactory()
    chapter = ChapterPageFactory(parent=guide, slug="aims")
    home = HomePage.objects.get()
    assert chapter.path_on_site == f"/guides/{guide.slug}/aims/"
    for path in (f"/guides/{guide.slug}/aims/more/", "/guides/nothing/aims/", "/nothing/"):
        assert client.get(path).status_code == 404
    assert home.route(None, ["guides", guide.slug, "aims"]).page == chapter


def test_a_guide_and_its_chapters_are_one_group():
    guide = QuickGuidePageFactory()
    chapter = ChapterPageFactory(parent=guide)
    nested = ChapterPageFactory(parent=chapter)
    groups = {page.search_document().group for page in (guide, chapter, nested)}
    assert len(groups) == 1
    assert groups != {QuickGuidePageFactory().search_document().group}


def test_a_document_says_what_search_must_know():
    topic, author = TopicFactory(name="Safety"), ProfileFactory(name="Mara Ellery")
    page = BlogPageFactory(
        topics=[topic],
        authors=[author],
        body=[("heading", {"text": "What changed"}), ("text", "<p>Three <b>wards</b>.</p>")],
    )
    document = page.search_document()
    assert document.key == f"page:{page.pk}"
    assert document.topic_names == ("Safety",)
    assert document.authors == ("Mara Ellery",)
    assert "What changed" in document.body
    assert "Three wards." in document.body
    assert "<" not in document.body


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "open"),
        ({"opens_at": timedelta(days=1)}, "scheduled"),
        ({"opens_at": timedelta(days=-9), "closes_at": timedelta(seconds=-1)}, "closed"),
        ({"filled_at": timedelta(0)}, "filled"),
        ({"withdrawn_at": timedelta(0)}, "withdrawn"),
    ],
)
def test_a_vacancy_is_open_in_one_state_only(changes, state):
    page = VacancyPageFactory(**{name: timezone.now() + delta for name, delta in changes.items()})
    assert page.state == state
    assert page.is_open() is (state == "open")
    assert VacancyPage.objects.open().filter(pk=page.pk).exists() is (state == "open")


def test_the_closing_moment_itself_is_closed():
    page = VacancyPageFactory()
    assert page.is_open(page.closes_at - timedelta(microseconds=1))
    assert not page.is_open(page.closes_at)
    assert not VacancyPage.objects.open(page.closes_at).exists()
    assert VacancyPage.objects.open(page.closes_at - timedelta(microseconds=1)).exists()


def test_a_vacancy_that_nobody_can_apply_for_is_refused():
    page = VacancyPageFactory()
    page.apply_url = ""
    with pytest.raises(ValidationError, match="address or an email"):
        page.full_clean()


def test_an_event_that_ends_before_it_starts_is_refused():
    page = EventPageFactory()
    page.ends_at = page.starts_at - timedelta(hours=1)
    with pytest.raises(ValidationError, match="ends before it starts"):
        page.full_clean()


def test_an_event_of_several_days_says_so_on_its_card():
    london = ZoneInfo("Europe/London")
    page = EventPageFactory(
        starts_at=datetime(2026, 6, 1, 9, tzinfo=london), ends_at=datetime(2026, 6, 3, 17, tzinfo=london)
    )
    assert page.card_date_text == "1 to 3 June 2026"
    page.ends_at = datetime(2026, 7, 3, 17, tzinfo=london)
    assert page.card_date_text == "1 June 2026 to 3 July 2026"


def test_setting_up_the_site_twice_changes_nothing():
    assert set_up_site()
    assert set_up_site() == []


def test_a_date_may_be_no_more_than_a_month():
    assert BlogPageFactory(published_on=date(2021, 4, 1), date_precision=DatePrecision.MONTH).when == "April 2021"


def test_reading_time_is_rounded_up():
    assert [reading_minutes("word " * count) for count in (0, 1, 220, 221)] == [0, 1, 1, 2]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200), st.integers(2, 100))
def test_a_cut_summary_is_short_enough_and_ends_at_a_word(text, length):
    cut = cut_at_word(text, length)
    assert len(cut) <= length
    if cut != text:
        assert cut.endswith("…")
        assert text.startswith(cut[:-1])
