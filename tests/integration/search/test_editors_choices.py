"""What editors pin and ban in a page's related list."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.models import RelatedChoice, RelatedPage
from search.relating import MOST_PINS, choose_related
from search.selectors import related_pages
from search.services import rebuild_index, sync_outbox
from tests.factories.pages import BlogPageFactory, NewsPageFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_with_search")]


@pytest.fixture
def pages():
    found = [
        BlogPageFactory(title=f"Sepsis {n}", body=[("text", "<p>lactate bundles antibiotics</p>")]) for n in range(8)
    ]
    found += [NewsPageFactory(title=f"Parking {n}", body=[("text", "<p>car park fees</p>")]) for n in range(4)]
    rebuild_index()
    return found


def listed(page) -> list[int]:
    return list(RelatedPage.objects.filter(page_id=page.pk).order_by("position").values_list("related_id", flat=True))


def test_a_pin_comes_first_at_once_and_after_the_list_is_computed_again(pages):
    page, near, far = pages[0], pages[1], pages[9]
    choose_related(page=page, pinned=[far.pk, near.pk], banned=[])
    for _ in range(2):
        assert listed(page)[:2] == [far.pk, near.pk]
        assert len(set(listed(page))) == len(listed(page))
        assert [card.pk for card in related_pages(page, 4)][:2] == [far.pk, near.pk]
        sync_outbox()
    assert RelatedPage.objects.get(page=page, position=0).reasons == [{"because": "editor"}]


def test_a_banned_page_leaves_at_once_and_its_place_is_filled(pages):
    page = pages[0]
    banned = listed(page)[:4]
    choose_related(page=page, pinned=[], banned=banned)
    assert not set(banned) & set(listed(page))
    sync_outbox()
    assert not set(banned) & set(listed(page))
    assert len(listed(page)) >= 4
    choose_related(page=page, pinned=[], banned=[])
    sync_outbox()
    assert set(banned) <= set(listed(page))


def test_pins_are_not_pushed_out_by_variety(pages):
    page = pages[0]
    pins = [other.pk for other in pages[1:5]]
    choose_related(page=page, pinned=pins, banned=[])
    sync_outbox()
    assert [card.pk for card in related_pages(page, 4)] == pins
    assert [card.pk for card in related_pages(page, 3)] == pins[:3]


def test_variety_holds_for_what_follows_the_pins(pages):
    page = pages[0]
    choose_related(page=page, pinned=[pages[1].pk], banned=[])
    sync_outbox()
    assert len({card.kind for card in related_pages(page, 4)}) == 2


@pytest.mark.parametrize(
    ("pinned", "banned", "message"),
    [([0], [], "own list"), ([], [0], "own list"), ([1], [1], "at once"), (range(1, MOST_PINS + 2), [], "At most")],
)
def test_choices_that_contradict_themselves_are_refused(pages, pinned, banned, message):
    with pytest.raises(ValueError, match=message):
        choose_related(page=pages[0], pinned=[pages[n].pk for n in pinned], banned=[pages[n].pk for n in banned])
    assert not RelatedChoice.objects.exists()


def test_a_deleted_page_is_nobodys_pin_any_more(pages):
    choose_related(page=pages[0], pinned=[pages[1].pk], banned=[pages[2].pk])
    pages[1].delete()
    sync_outbox()
    assert RelatedChoice.objects.count() == 1
    assert pages[1].pk not in listed(pages[0])


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_whatever_is_chosen_pins_lead_bans_are_absent_and_nothing_stands_twice(pages, data):
    page = pages[0]
    others = [other.pk for other in pages[1:]]
    pinned = data.draw(st.lists(st.sampled_from(others), unique=True, max_size=4))
    banned = data.draw(st.sets(st.sampled_from([pk for pk in others if pk not in pinned]), max_size=6))
    choose_related(page=page, pinned=pinned, banned=banned)
    sync_outbox()
    found = listed(page)
    assert found[: len(pinned)] == pinned
    assert not banned & set(found)
    assert len(set(found)) == len(found)
    assert len(found) >= min(4, len(others) - len(banned))
