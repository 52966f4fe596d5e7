"""The editor's screen for a page's related list."""

from __future__ import annotations

import pytest
from django.urls import reverse

from search.models import RelatedPage
from search.relating import MOST_PINS
from search.services import rebuild_index
from tests.factories.pages import BlogPageFactory, NewsPageFactory, TopicFactory, VacancyPageFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_with_search")]


@pytest.fixture
def pages():
    topic = TopicFactory(name="Infection")
    found = [
        BlogPageFactory(title=f"Sepsis {n}", body=[("text", "<p>who we are and lactate bundles</p>")], topics=[topic])
        for n in range(4)
    ]
    found += [NewsPageFactory(title=f"Parking {n}", body=[("text", "<p>car park fees</p>")]) for n in range(MOST_PINS)]
    rebuild_index()
    return found


def address(page):
    return reverse("related_list", args=[page.pk])


def press(client, page, action, target):
    return client.post(address(page), {"action": action, "target": target.pk}, follow=True).content.decode()


def listed(page):
    return list(RelatedPage.objects.filter(page_id=page.pk).order_by("position").values_list("related_id", flat=True))


def test_an_editor_sees_the_list_and_why(pages, admin_client):
    page = admin_client.get(address(pages[0])).content.decode()
    assert "Sepsis 1" in page
    assert "Both speak of" in page
    assert "lactate" in page
    assert "Both are about Infection" in page
    edit = admin_client.get(reverse("wagtailadmin_pages:edit", args=[pages[0].pk])).content.decode()
    assert address(pages[0]) in edit


def test_an_editor_pins_and_unpins(pages, admin_client):
    page, far = pages[0], pages[5]
    assert "is pinned" in press(admin_client, page, "pin", far)
    assert listed(page)[0] == far.pk
    assert "Chosen by an editor" in admin_client.get(address(page)).content.decode()
    assert "is not pinned any more" in press(admin_client, page, "unpin", far)
    assert far.pk not in listed(page)


def test_an_editor_hides_a_page_and_allows_it_again(pages, admin_client):
    page, near = pages[0], pages[1]
    assert "Hidden from this list" in press(admin_client, page, "ban", near)
    assert near.pk not in listed(page)
    assert "Hidden from this list" not in press(admin_client, page, "allow", near)


def test_any_published_page_can_be_pinned_but_not_the_page_itself(pages, admin_client):
    page, far = pages[0], pages[6]
    admin_client.post(address(page), {"page": far.pk})
    assert listed(page)[0] == far.pk
    answer = admin_client.post(address(page), {"page": page.pk})
    assert "cannot stand in its own list" in answer.content.decode()
    answer = admin_client.post(address(page), {"page": 0})
    assert answer.status_code == 200
    assert page.pk not in listed(page)


def test_more_pins_than_a_list_holds_are_refused_with_a_word(pages, admin_client):
    for other in pages[4 : 4 + MOST_PINS]:
        press(admin_client, pages[0], "pin", other)
    assert f"At most {MOST_PINS}" in press(admin_client, pages[0], "pin", pages[1])


def test_a_page_that_is_gone_meanwhile_changes_nothing(pages, admin_client):
    before = listed(pages[0])
    answer = admin_client.post(address(pages[0]), {"action": "ban", "target": 0}, follow=True)
    assert "no longer there" in answer.content.decode()
    assert listed(pages[0]) == before


def test_only_who_may_edit_the_page_may_choose(pages, client, django_user_model):
    assert client.get(address(pages[0])).status_code == 302
    client.force_login(django_user_model.objects.create_user(username="reader", password="x", email="r@example.org"))
    assert client.post(address(pages[0]), {"action": "ban", "target": pages[1].pk}).status_code in {302, 403}
    assert pages[1].pk in listed(pages[0])


def test_a_type_without_lists_says_so(admin_client):
    assert "have no related list" in admin_client.get(address(VacancyPageFactory())).content.decode()
