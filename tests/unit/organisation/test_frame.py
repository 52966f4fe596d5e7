"""What frames every page: menus and panels, remembered and forgotten in time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from content.organisation.models import MenuItem, Organisation
from content.organisation.selectors import frame
from tests.factories.pages import StandardPageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation() -> Organisation:
    StandardPageFactory(slug="privacy")
    organisation = Organisation.load()
    organisation.name = "Alder Institute"
    organisation.save()
    return organisation


def test_the_frame_is_remembered(organisation: Organisation, django_assert_num_queries) -> None:
    frame()
    with django_assert_num_queries(0):
        assert frame().name == "Alder Institute"


def test_reading_the_frame_is_one_query(organisation: Organisation, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        frame()


def test_a_new_name_shows_at_once(organisation: Organisation) -> None:
    frame()
    organisation.name = "Another"
    organisation.save()
    assert frame().name == "Another"


def test_a_menu_item_shows_at_once_and_goes_with_its_page(organisation: Organisation) -> None:
    frame()
    page = StandardPageFactory(slug="accessibility")
    MenuItem.objects.create(organisation=organisation, menu="footer", label="Accessibility", page=page.page_ptr)
    assert [link.url for link in frame().footer_menu] == ["/accessibility/"]
    page.unpublish()
    assert not frame().footer_menu


def test_a_menu_follows_a_page_to_its_new_address(organisation: Organisation) -> None:
    page = StandardPageFactory(slug="help")
    MenuItem.objects.create(organisation=organisation, menu="footer", label="Help", page=page.page_ptr)
    frame()
    page.slug = "support"
    page.save_revision().publish()
    assert [link.url for link in frame().footer_menu] == ["/support/"]


def test_a_post_entered_without_a_time_is_from_now(organisation: Organisation) -> None:
    organisation.social_post = "Words"
    organisation.save()
    assert frame().social_is_fresh()


def test_a_stale_post_is_hidden_but_the_follow_link_stays(organisation: Organisation, client) -> None:
    organisation.social_post = "An old saying"
    organisation.social_posted_at = timezone.now() - timedelta(days=31)
    organisation.social_follow_url = "https://social.example/@alder"
    organisation.save()
    html = client.get("/").content.decode()
    assert "An old saying" not in html
    assert 'href="https://social.example/@alder"' in html


def test_a_fresh_post_is_shown_as_text(organisation: Organisation, client) -> None:
    organisation.social_post = "<script>alert(1)</script> Words"
    organisation.save()
    html = client.get("/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; Words" in html


def test_a_post_stays_fresh_to_the_second(organisation: Organisation) -> None:
    posted = timezone.now()
    organisation.social_post, organisation.social_posted_at, organisation.social_stale_days = "Words", posted, 1
    organisation.save()
    assert frame().social_is_fresh(posted + timedelta(days=1) - timedelta(seconds=1))
    assert not frame().social_is_fresh(posted + timedelta(days=1))
