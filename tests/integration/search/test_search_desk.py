"""The editors' desk: what is counted and what never is, previews, the index and its jobs, and who may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils import timezone

from search import services
from search.desk import counting, jobs
from search.desk.models import ClickCount, IndexJob, QueryCount
from search.desk.selectors import clicks_by_position, index_report, queries_without_result, top_queries
from search.engines import get_engine
from search.engines.base import EngineUnavailable, Write
from search.gate import RebuildRefused
from search.models import BestBet, OutboxEntry, SynonymGroup
from search.services import sync_outbox
from tests.factories.pages import BlogPageFactory, NewsPageFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_with_search")]

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def indexed():
    pages = {
        "blog": BlogPageFactory(title="Discharge planning"),
        "news": NewsPageFactory(title="Emergency department waits"),
    }
    sync_outbox()
    return pages


@pytest.fixture
def told(monkeypatch):
    """Jobs that workers were told of."""
    sent: list[int] = []
    monkeypatch.setattr("search.tasks.run_job.apply_async", lambda **_: sent.append(1))
    return sent


def reader(client, number, browser=BROWSER):
    def ask(q, **more):
        return client.get(
            "/search/", {"q": q, **more}, REMOTE_ADDR=f"192.0.2.{number}", headers={"User-Agent": browser}
        )

    return ask


def user_with(*codenames):
    user = get_user_model().objects.create_user("desk", "desk@example.org", "secret-of-the-test")
    user.user_permissions.set(Permission.objects.filter(codename__in=["access_admin", *codenames]))
    return user


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def texts():
    counting.keep_counts()
    return {row.text: row.asked for row in QueryCount.objects.exclude(text="")}


def total():
    counting.keep_counts()
    row = QueryCount.objects.filter(text="").first()
    return row.asked if row else 0


def test_a_search_is_shown_once_three_readers_have_asked_it(client, indexed):
    for number in (1, 2):
        reader(client, number)("Discharge")
    assert texts() == {}
    assert total() == 2
    reader(client, 3)("  DISCHARGE ")
    assert texts() == {"discharge": 3}
    assert [(query.text, query.asked) for query in top_queries(days=7)] == [("discharge", 3)]


def test_one_reader_who_asks_again_and_again_is_one(client, indexed):
    for _ in range(5):
        reader(client, 1)("discharge")
    assert texts() == {}
    assert total() == 1


def test_nothing_about_a_search_that_few_asked_is_kept_in_its_words(client, indexed, monkeypatch):
    kept: list[object] = []
    real = cache.set
    monkeypatch.setattr(cache, "set", lambda key, *said, **more: (kept.append((key, *said)), real(key, *said, **more)))
    reader(client, 1)("zanzibarica")
    assert kept
    assert "zanzibarica" not in repr(kept)
    assert "192.0.2.1" not in repr(kept)
    assert "Firefox" not in repr(kept)


def test_marks_of_one_reader_under_two_queries_have_nothing_in_common(rf):
    request = rf.get("/", REMOTE_ADDR="192.0.2.1", headers={"User-Agent": BROWSER})
    marks = {counting._mark(request, text, salt) for text in ("a", "b") for salt in ("s", "t")}
    assert len(marks) == 4


@pytest.mark.parametrize("typed", ["ada@example.org", "07700 900123", "485 777 3456", "x" * 150])
def test_what_may_name_a_person_is_never_kept_however_many_ask_it(client, indexed, typed):
    for number in range(1, 6):
        reader(client, number)(typed)
    assert texts() == {}
    assert total() == 5


@pytest.mark.parametrize(
    "headers",
    [
        {"DNT": "1"},
        {"Sec-GPC": "1"},
        {"Sec-Purpose": "prefetch"},
        {"User-Agent": "SomeBot/1.0"},
        {"User-Agent": ""},
    ],
)
def test_who_does_not_want_to_be_counted_or_is_no_reader_is_not(client, indexed, headers):
    client.get("/search/", {"q": "discharge"}, headers={"User-Agent": BROWSER, **headers})
    assert total() == 0


def test_neither_filters_nor_later_pages_nor_editors_are_counted_and_all_of_it_can_be_switched_off(
    client, indexed, settings, admin_client
):
    ask = reader(client, 1)
    ask("discharge", type="blog")
    ask("discharge", page="2")
    reader(admin_client, 1)("discharge")
    assert total() == 0
    settings.SEARCH_STATISTICS = False
    response = ask("discharge")
    assert total() == 0
    assert not soup(response).select("[ping]")


def test_the_page_does_not_fail_with_the_cache(client, indexed, monkeypatch):
    monkeypatch.setattr(cache, "get", lambda *_, **__: None)
    assert reader(client, 1)("discharge").status_code == 200


def test_a_click_is_counted_once_by_its_position_and_leads_straight_to_the_page(client, indexed):
    for number in (1, 2, 3):
        response = reader(client, number)("discharge")
    link = soup(response).select_one(".results .card__link")
    assert link["href"] == indexed["blog"].path_on_site
    for _ in range(2):
        assert client.post(link["ping"], REMOTE_ADDR="192.0.2.3", headers={"User-Agent": BROWSER}).status_code == 204
    counting.keep_counts()
    assert list(ClickCount.objects.values_list("position", "clicks")) == [(1, 1)]
    [query] = top_queries(days=7)
    assert (query.clicked, query.mean_position, query.click_share) == (1, "1.0", 33)
    assert [(row.label, row.percent) for row in clicks_by_position(days=7)][:2] == [("1", 100), ("2", 0)]


def test_a_click_that_was_not_offered_counts_nothing(client, indexed):
    for token in ("", "x", counting.click_token(text="discharge", position=1)[:-2]):
        response = client.post(f"/search/clicked/?c={token}", headers={"User-Agent": BROWSER})
        assert response.status_code == 204
    assert client.get("/search/clicked/").status_code == 405
    counting.keep_counts()
    assert not ClickCount.objects.exists()


def test_what_found_nothing_is_listed_and_leads_to_a_synonym(admin_client, client, indexed):
    for number in (1, 2, 3):
        reader(client, number)("casualty")
    counting.keep_counts()
    assert [query.text for query in queries_without_result(days=7)] == ["casualty"]
    page = soup(admin_client.get("/admin/search-desk/"))
    address = page.select_one('[aria-labelledby="nothing-title"] a[href*="search_synonyms"]')["href"]
    form = soup(admin_client.get(address))
    assert form.select_one('textarea[name="phrases"]').get_text().strip() == "casualty"


def test_counts_are_forgotten_after_their_time(settings):
    today = timezone.localdate()
    for days in (settings.SEARCH_STATISTICS_DAYS + 1, settings.SEARCH_STATISTICS_DAYS - 1):
        QueryCount.objects.create(text="falls", day=today - timedelta(days=days), asked=1)
        ClickCount.objects.create(day=today - timedelta(days=days), position=1, clicks=1)
    assert counting.forget_counts() == 2
    assert QueryCount.objects.count() == ClickCount.objects.count() == 1


def test_counts_wait_in_the_cache_and_are_added_once(client, indexed, django_assert_num_queries):
    reader(client, 1)("discharge")
    assert QueryCount.objects.count() == 0
    assert counting.keep_counts() == 1
    assert counting.keep_counts() == 0
    assert total() == 1


@pytest.mark.parametrize(
    ("phrases", "said"),
    [
        ("casualty\nCasualty\n", "two different"),
        ("casualty\n!!!\nA&E", "no word"),
        ("casualty\nto be or", "leaves out"),
        ("casualty\none two three four five six seven", "longer than"),
        ("\n".join(f"word{n}" for n in range(30)), "at most"),
    ],
)
def test_synonyms_that_cannot_work_are_refused_with_words(phrases, said):
    with pytest.raises(ValidationError, match=said):
        SynonymGroup(phrases=phrases).full_clean()


def test_a_synonym_is_previewed_without_being_saved(admin_client, indexed):
    response = admin_client.post("/admin/search-desk/preview/synonyms/", {"phrases": "casualty\nemergency department"})
    page = soup(response)
    first = page.select_one("section")
    assert "casualty" in first.h2.get_text()
    before, after = first.select("table")
    assert "Emergency department waits" not in before.get_text()
    assert "Emergency department waits" in after.get_text()
    assert "new" in after.get_text()
    assert not SynonymGroup.objects.exists()


def test_a_best_bet_is_previewed_with_where_each_page_moves(admin_client, indexed):
    NewsPageFactory(title="Planning a discharge")
    sync_outbox()
    response = admin_client.post(
        "/admin/search-desk/preview/best-bets/",
        {"queries": "discharge", "page": indexed["news"].pk, "starts_at": "", "ends_at": ""},
    )
    after = soup(response).select("table")[1]
    first, second, *_ = after.select("tbody tr")
    assert "Emergency department waits" in first.get_text()
    assert "best bet" in first.get_text()
    assert "down from 1" in second.get_text()
    assert not BestBet.objects.exists()


def test_a_draft_that_cannot_be_saved_says_why(admin_client):
    response = admin_client.post("/admin/search-desk/preview/synonyms/", {"phrases": "alone"})
    assert "at least two" in soup(response).select_one(".help-critical").get_text()
    assert admin_client.post("/admin/search-desk/preview/nonsense/").status_code == 404


def test_a_search_can_be_tried_with_other_words(admin_client, indexed):
    page = soup(admin_client.get("/admin/search-desk/try/", {"q": "casualty", "also": "emergency department"}))
    assert "Emergency department waits" in page.select("table")[1].get_text()
    assert "Nothing" in page.select("table")[0].get_text()


def test_synonyms_and_best_bets_are_edited_in_the_admin(admin_client, indexed):
    admin_client.post("/admin/search_synonyms/new/", {"phrases": "casualty\nemergency department"})
    group = SynonymGroup.objects.get()
    page = soup(admin_client.get(f"/admin/search_synonyms/edit/{group.pk}/"))
    assert page.select_one(f'button[formaction$="/preview/synonyms/?pk={group.pk}"]')
    admin_client.post("/admin/search_best_bets/new/", {"queries": "going home", "page": indexed["blog"].pk})
    assert BestBet.objects.get().state == "In force"
    assert "In force" in soup(admin_client.get("/admin/search_best_bets/")).get_text()


def test_the_index_page_says_how_it_stands(admin_client, indexed):
    page = soup(admin_client.get("/admin/search-desk/index/"))
    assert "All is well" in page.get_text()
    assert f"{get_engine().status().documents}" in page.get_text()


def test_an_engine_that_is_down_is_said_in_words(admin_client, indexed, monkeypatch, site_with_search):
    def down():
        raise EngineUnavailable("down")

    monkeypatch.setattr(site_with_search, "status", down)
    page = soup(admin_client.get("/admin/search-desk/index/"))
    assert "does not answer" in page.select_one(".help-warning").get_text()


def test_changes_that_wait_for_long_are_said(indexed):
    OutboxEntry.objects.filter(key=f"page:{indexed['blog'].pk}").update(
        version=99, changed_at=timezone.now() - timedelta(minutes=10)
    )
    [concern] = index_report().concerns
    assert "1 change has been waiting for up to 10 minutes" in concern


def test_a_rebuild_is_put_in_line_once_done_by_a_worker_and_seen(
    admin_client, indexed, told, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post("/admin/search-desk/index/start/", {"kind": "rebuild"})
    assert told == [1]
    admin_client.post("/admin/search-desk/index/start/", {"kind": "drift"})
    job = IndexJob.objects.get()
    page = soup(admin_client.get("/admin/search-desk/index/"))
    assert page.select_one("#job[data-progress-url]")
    assert not page.select_one('button[value="rebuild"]')
    before = get_engine().status().live
    assert jobs.run_waiting_job().pk == job.pk
    assert jobs.run_waiting_job() is None
    job.refresh_from_db()
    assert (job.state, job.words) == (
        "done",
        f"The index is new: {get_engine().status().documents} documents.",
    )
    assert get_engine().status().live != before
    fragment = admin_client.get("/admin/search-desk/index/progress/")
    assert soup(fragment).select_one('[data-state="done"]')
    assert "no-store" in fragment["Cache-Control"]


def test_what_differs_is_counted_and_written_again(indexed, told, site_with_search):
    site_with_search.write([Write(f"page:{indexed['blog'].pk}", 10_000, None)])
    jobs.ask_for_job(kind=IndexJob.Kind.DRIFT)
    compared = jobs.run_waiting_job()
    assert "1 are missing" in compared.words
    assert compared.keys == [f"page:{indexed['blog'].pk}"]
    jobs.ask_for_job(kind=IndexJob.Kind.REPAIR)
    assert jobs.run_waiting_job().words.startswith("1 document is in line")


def test_a_job_that_fails_says_so_and_readers_keep_the_index(indexed, told, monkeypatch):
    before = get_engine().status().live
    for error in (EngineUnavailable("x"), RebuildRefused("the new index differs"), RuntimeError("odd")):

        def fail(error=error, **_):
            raise error

        monkeypatch.setattr(services, "rebuild_index", fail)
        jobs.ask_for_job(kind=IndexJob.Kind.REBUILD)
        job = jobs.run_waiting_job()
        assert job.state == "failed"
        assert "Readers keep" in job.words
    assert get_engine().status().live == before


def test_a_job_whose_worker_was_killed_is_closed_and_another_can_begin(told):
    job = jobs.ask_for_job(kind=IndexJob.Kind.REBUILD)
    IndexJob.objects.update(state="running")
    assert jobs.end_silent_jobs() == 0
    with pytest.raises(jobs.JobUnderWay):
        jobs.ask_for_job(kind=IndexJob.Kind.REBUILD)
    IndexJob.objects.update(heard_at=timezone.now() - timedelta(hours=1))
    assert jobs.end_silent_jobs() == 1
    job.refresh_from_db()
    assert (job.state, job.is_over) == ("failed", True)
    assert jobs.ask_for_job(kind=IndexJob.Kind.REBUILD).pk != job.pk


def test_the_desk_is_for_those_who_were_given_it(client, indexed, told):
    client.force_login(user_with())
    for address in ("/admin/search-desk/", "/admin/search-desk/try/", "/admin/search-desk/index/"):
        assert client.get(address).status_code == 302
    assert client.post("/admin/search-desk/preview/synonyms/", {"phrases": "a\nb"}).status_code in {302, 403}
    assert "search-desk" not in client.get("/admin/").content.decode()


def test_looking_is_not_rebuilding(client, indexed, told):
    client.force_login(user_with("use_search_desk"))
    page = soup(client.get("/admin/search-desk/index/"))
    assert not page.select_one('button[value="rebuild"]')
    assert client.post("/admin/search-desk/index/start/", {"kind": "rebuild"}).status_code == 302
    assert not IndexJob.objects.exists()
