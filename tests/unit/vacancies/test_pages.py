"""Vacancies on the site: what can be applied for, what is said of the rest, how many there are."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from content.vacancies.selectors import open_vacancy_count
from tests.factories.pages import VacancyPageFactory, section

pytestmark = pytest.mark.django_db


def structured(html: str) -> list[dict]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert found
    return json.loads(found[1])["@graph"]


def read(client, page) -> str:
    answer = client.get(page.path_on_site)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_open_vacancy_can_be_applied_for_and_is_a_job_posting(client) -> None:
    page = VacancyPageFactory(title="Data editor", salary="£41,000")
    html = read(client, page)
    assert 'href="https://example.org/apply"' in html
    (job,) = [entity for entity in structured(html) if entity["@type"] == "JobPosting"]
    assert job["validThrough"] == timezone.localtime(page.closes_at).isoformat()


def test_a_closed_vacancy_has_no_structured_data(client) -> None:
    page = VacancyPageFactory(
        closes_at=timezone.now() - timedelta(hours=1), opens_at=timezone.now() - timedelta(days=9)
    )
    html = read(client, page)
    assert "JobPosting" not in html
    assert "https://example.org/apply" not in html
    assert "Applications are no longer taken" in html


@pytest.mark.parametrize(("field", "words"), [("filled_at", "has been filled"), ("withdrawn_at", "has been withdrawn")])
def test_what_cannot_be_applied_for_any_more_says_why(client, field: str, words: str) -> None:
    html = read(client, VacancyPageFactory(**{field: timezone.now()}))
    assert words in html
    assert "https://example.org/apply" not in html


def test_a_vacancy_that_closes_within_a_week_says_so(client) -> None:
    page = VacancyPageFactory(closes_at=timezone.now() + timedelta(days=2))
    assert "Closing soon" in read(client, page)
    assert "Closing soon" in client.get("/vacancies/").content.decode()


def test_the_list_shows_open_vacancies_soonest_first(client) -> None:
    VacancyPageFactory(title="Later", closes_at=timezone.now() + timedelta(days=20))
    VacancyPageFactory(title="Sooner", closes_at=timezone.now() + timedelta(days=10))
    VacancyPageFactory(
        title="Gone", closes_at=timezone.now() - timedelta(seconds=1), opens_at=timezone.now() - timedelta(days=2)
    )
    VacancyPageFactory(title="Not yet", opens_at=timezone.now() + timedelta(days=1))
    html = client.get("/vacancies/").content.decode()
    assert re.findall(r'<a class="row__link"[^>]*>([^<]*)</a>', html) == ["Sooner", "Later"]
    assert "Two roles are open." in html


def test_an_empty_list_has_its_own_words(client) -> None:
    page = section("vacancies")
    page.text_when_empty = "Nothing today."
    page.save_revision().publish()
    html = client.get("/vacancies/").content.decode()
    assert "Nothing today." in html
    assert "roles are open" not in html


def test_the_panel_counts_in_words(client) -> None:
    for _ in range(3):
        VacancyPageFactory()
    assert "Three roles are open." in client.get("/guides/").content.decode()


def test_the_count_is_remembered_but_never_past_the_next_change(django_assert_num_queries) -> None:
    now = timezone.now()
    VacancyPageFactory(closes_at=now + timedelta(seconds=30))
    VacancyPageFactory(opens_at=now + timedelta(seconds=20), closes_at=now + timedelta(days=2))
    assert open_vacancy_count(now) == 1
    with django_assert_num_queries(0):
        assert open_vacancy_count(now + timedelta(seconds=19)) == 1
    assert open_vacancy_count(now + timedelta(seconds=20)) == 2
    assert open_vacancy_count(now + timedelta(seconds=30)) == 1


def test_the_count_follows_what_editors_do() -> None:
    page = VacancyPageFactory()
    assert open_vacancy_count() == 1
    page.filled_at = timezone.now()
    page.save_revision().publish()
    assert open_vacancy_count() == 0
    other = VacancyPageFactory()
    assert open_vacancy_count() == 1
    other.unpublish()
    assert open_vacancy_count() == 0
