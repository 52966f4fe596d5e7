from __future__ import annotations

import pytest
from django.template import Context, Template

from search import relating
from search.models import RelatedPage
from search.outbox import waiting_for_index, waiting_for_related
from search.selectors import related_list, related_pages
from search.services import rebuild_index, sync_outbox
from tests.factories.pages import (
    BlogPageFactory,
    ChapterPageFactory,
    NewsPageFactory,
    QuickGuidePageFactory,
    TopicFactory,
    VacancyPageFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_with_search")]


def body(text: str) -> list:
    return [("text", f"<p>{text}</p>")]


def listed(page) -> list[int]:
    return list(RelatedPage.objects.filter(page_id=page.pk).order_by("position").values_list("related_id", flat=True))


@pytest.fixture
def pages():
    sepsis = [
        BlogPageFactory(title=f"Sepsis screening {n}", body=body("lactate bundles antibiotics")) for n in range(3)
    ]
    others = [NewsPageFactory(title=f"Parking {n}", body=body("car park fees and spaces")) for n in range(4)]
    return sepsis, others


def test_every_page_has_a_list_of_four_with_reasons_whatever_it_says(pages):
    lonely = BlogPageFactory(title="Xylophone", summary="Quartz")
    rebuild_index()
    for page in (*pages[0], *pages[1], lonely):
        rows = RelatedPage.objects.filter(page_id=page.pk)
        assert rows.count() >= 4
        assert all(row.reasons for row in rows)
    assert RelatedPage.objects.filter(page_id=lonely.pk).first().reasons == [{"because": "newest"}]


def test_pages_on_the_same_matter_come_first_and_say_which_words(pages):
    rebuild_index()
    first = pages[0][0]
    row = RelatedPage.objects.get(page_id=first.pk, position=0)
    assert row.related_id in {page.pk for page in pages[0]}
    assert row.reasons[0]["because"] == "words"
    assert "lactate" in row.reasons[0]["words"]


def test_lists_are_of_mixed_kinds(pages):
    for n in range(6):
        BlogPageFactory(title=f"Sepsis again {n}", body=body("lactate bundles antibiotics"))
    NewsPageFactory(title="News of sepsis", body=body("sepsis"))
    rebuild_index()
    assert len({card.kind for card in related_pages(pages[0][0], 3)}) >= 2


def test_a_guide_and_its_chapters_do_not_recommend_one_another(pages):
    guide = QuickGuidePageFactory(title="Sepsis lactate")
    chapters = [ChapterPageFactory(parent=guide, title=f"Sepsis lactate {n}") for n in range(3)]
    rebuild_index()
    family = {guide.pk, *(chapter.pk for chapter in chapters)}
    for page in (guide, *chapters):
        assert listed(page)
        assert not family & set(listed(page))


def test_vacancies_neither_have_nor_stand_in_lists(pages):
    vacancy = VacancyPageFactory(title="Sepsis nurse")
    rebuild_index()
    assert listed(vacancy) == []
    assert not RelatedPage.objects.filter(related_id=vacancy.pk).exists()
    assert related_pages(vacancy) == []


def test_topic_mates_come_before_strangers():
    topic = TopicFactory()
    mate = BlogPageFactory(title="Alpha", summary="One", topics=[topic])
    for n in range(5):
        NewsPageFactory(title=f"Filler{n}", summary=f"Word{n}")
    page = BlogPageFactory(title="Omega", summary="Two", topics=[topic])
    rebuild_index()
    assert listed(page)[0] == mate.pk


def test_a_new_page_enters_the_lists_of_its_neighbours_without_a_rebuild(pages):
    rebuild_index()
    new = BlogPageFactory(title="Sepsis screening anew", body=body("lactate bundles antibiotics"))
    done = sync_outbox()
    assert new.pk in listed(pages[0][0])
    assert done.related >= 2


def test_an_unpublished_page_leaves_the_lists_at_once_and_its_rows_soon(pages):
    rebuild_index()
    first, second = pages[0][:2]
    assert second.pk in listed(first)
    second.unpublish()
    assert second.pk not in {card.pk for card in related_pages(first, 8)}
    sync_outbox()
    assert second.pk not in listed(first)
    assert len(listed(first)) >= 4
    assert listed(second) == []


def test_a_sync_twice_changes_nothing(pages):
    rebuild_index()
    rows = list(RelatedPage.objects.order_by("pk").values_list("pk", flat=True))
    assert sync_outbox().written == 0
    assert list(RelatedPage.objects.order_by("pk").values_list("pk", flat=True)) == rows


def test_the_tag_never_repeats_what_the_editor_curated(pages):
    rebuild_index()
    page, curated = pages[0][:2]
    assert curated.pk in {card.pk for card in related_pages(page, 4)}
    page.body.raw_data.append(
        {
            "type": "further_reading",
            "value": {"title": "", "items": [{"type": "item", "id": "1", "value": {"page": curated.pk, "url": ""}}]},
        }
    )
    cards = related_pages(page, 4)
    assert curated.pk not in {card.pk for card in cards}
    assert len(cards) == 4


def test_the_tag_is_two_queries_and_works_before_any_list_is_computed(pages, django_assert_max_num_queries):
    page = pages[0][0]
    template = Template(
        "{% load related %}{% related_pages page 3 as cards %}{% for card in cards %}{{ card.url }} {% endfor %}"
    )
    assert len(template.render(Context({"page": page})).split()) == 3
    rebuild_index()
    with django_assert_max_num_queries(2):
        assert len(template.render(Context({"page": page})).split()) == 3


def test_what_is_published_while_lists_are_computed_is_findable_before_they_are_done(pages, monkeypatch):
    for number in range(2 * relating.RELATED_A_BATCH):
        BlogPageFactory(title=f"More on parking {number}")
    waiting_at_batch = []
    compute = relating.compute_lists

    def compute_and_publish(keys, **more):
        if len(waiting_at_batch) == 0:
            BlogPageFactory(title="Meanwhile")
        waiting_at_batch.append(waiting_for_index().count())
        return compute(keys, **more)

    monkeypatch.setattr(relating, "compute_lists", compute_and_publish)
    done = sync_outbox()
    assert waiting_at_batch[0] == 1
    assert waiting_at_batch[2:]
    assert not any(waiting_at_batch[2:])
    assert done.written > 2 * relating.RELATED_A_BATCH
    assert not waiting_for_related().exists()


def test_a_list_written_while_one_of_its_pages_is_deleted_shows_what_is_left_and_is_mended(pages):
    sync_outbox()
    page, other = pages[0][0], pages[0][1]
    gone = BlogPageFactory(title="Sepsis and gone", body=body("lactate bundles antibiotics"))
    number = gone.pk
    sync_outbox()
    gone.delete()
    RelatedPage.objects.create(page_id=page.pk, related_id=number, position=90, score=1)
    RelatedPage.objects.create(page_id=number, related_id=other.pk, position=0, score=1)
    assert number not in {row.related_id for row in related_list(page)}
    sync_outbox()
    assert number not in listed(page)
    assert not RelatedPage.objects.filter(page_id=number).exists()
