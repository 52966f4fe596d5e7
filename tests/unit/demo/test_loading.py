from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from wagtail.models import Page, Revision

from content.articles.models import BlogPage
from content.events.models import EventPage
from content.organisation.models import Organisation
from content.topics.models import Topic
from courant.demo.faults import ContentFault
from newsletters.audience.models import MailingList, PermissionRecord, Subscriber
from tests.unit.demo.conftest import NOW

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable
    from pathlib import Path

    Loading = Callable[..., Counter[str]]


def test_a_load_publishes_through_a_revision_with_the_date_of_the_text(load: Loading) -> None:
    load()
    blog = BlogPage.objects.get(slug="one")
    assert blog.live
    assert blog.live_revision is not None
    assert blog.live_revision == blog.latest_revision
    assert blog.published_on.isoformat() == "2026-11-10"
    assert blog.first_published_at.isoformat() == "2026-11-10T09:00:00+00:00"
    assert blog.latest_revision.created_at == blog.first_published_at
    assert [link.topic.slug for link in blog.page_topics.all()] == ["safety"]
    assert [link.profile.slug for link in blog.page_authors.all()] == ["ada"]
    assert [block.block_type for block in blog.body] == ["text", "heading", "quote"]


def test_pages_link_to_one_another_whatever_their_order(load: Loading) -> None:
    load()
    blog, event = BlogPage.objects.get(), EventPage.objects.get()
    assert f'id="{event.pk}"' in blog.body[0].value.source
    assert f'id="{blog.pk}"' in event.body[0].value.source


def test_a_second_load_changes_nothing(load: Loading) -> None:
    load()
    before = (Page.objects.count(), Revision.objects.count(), PermissionRecord.objects.count())
    assert not load()
    assert (Page.objects.count(), Revision.objects.count(), PermissionRecord.objects.count()) == before


def test_what_an_editor_changed_stays(load: Loading) -> None:
    load()
    blog = BlogPage.objects.get()
    blog.title = "Changed"
    blog.save_revision().publish()
    Topic.objects.filter(slug="safety").update(name="Renamed")
    load()
    assert BlogPage.objects.get().title == "Changed"
    assert Topic.objects.get(slug="safety").name == "Renamed"


def test_an_organisation_with_a_name_of_its_own_is_left_alone(load: Loading) -> None:
    organisation = Organisation.load()
    organisation.name = "Somebody else"
    organisation.save()
    load()
    assert Organisation.objects.get().name == "Somebody else"
    assert Organisation.objects.get().postal_address == ""


def test_the_menus_are_those_of_the_file(load: Loading) -> None:
    load()
    items = Organisation.objects.get().menu_items.all()
    assert [(item.menu, item.label, item.page.slug) for item in items] == [
        ("main", "Blogs", "blogs"),
        ("footer", "One", "one"),
    ]


class KilledError(Exception):
    """Stands for a kill at an awkward moment."""


@pytest.mark.parametrize("line", ["Pages made", "Pages filled", "Organisation", "Subscribers…"])
def test_a_load_that_was_killed_goes_on_where_it_stopped(load: Loading, line: str) -> None:
    def die(said: str) -> None:
        if said.startswith(line):
            raise KilledError

    with pytest.raises(KilledError):
        load(say=die)
    load()
    assert BlogPage.objects.live().count() == EventPage.objects.live().count() == 1
    assert BlogPage.objects.get().revisions.count() == 1
    assert Organisation.objects.get().name == "Small Institute"
    assert Subscriber.objects.count() == 1
    assert not load()


def test_dates_are_moved_only_when_asked(load: Loading) -> None:
    load()
    month_later = NOW + timedelta(days=28)
    load(now=month_later)
    assert EventPage.objects.get().starts_at.date().isoformat() == "2026-12-10"
    load(now=month_later, reset_dates=True)
    assert EventPage.objects.get().starts_at.date().isoformat() == "2027-01-07"
    assert BlogPage.objects.get().published_on.isoformat() == "2026-12-08"
    assert BlogPage.objects.get().card.published_on.isoformat() == "2026-12-08"


def test_moving_dates_does_not_publish_an_editors_draft(load: Loading) -> None:
    load()
    blog = BlogPage.objects.get()
    blog.title = "Not ready"
    blog.save_revision()
    load(now=NOW + timedelta(days=28), reset_dates=True)
    blog = BlogPage.objects.get()
    assert blog.title == "Ada\u2019s first"
    assert blog.published_on.isoformat() == "2026-12-08"
    assert blog.get_latest_revision_as_object().title == "Not ready"


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("pages/blogs/one.md", "```quote", "```quotation", "block 3, quotation: there is no block 'quotation'"),
        ("pages/blogs/one.md", "name: Somebody", "person: Somebody", "block 3, quote: has no field 'person'"),
        ("pages/blogs/one.md", "text: Well said.", 'text: ""', "block 3, quote: text: This field is required"),
        ("pages/blogs/one.md", "[safety]", "[safty]", "topics: there is no topic 'safty'; there are safety"),
        ("pages/blogs/one.md", "[ada]", "[eve]", "authors: there is no profile 'eve'"),
        ("pages/blogs/one.md", "/events/two/", "/events/three/", "block 1, text: '/events/three/' is no address"),
        ("pages/blogs/one.md", "type: blog", "type: blogg", "type: 'blogg' is none of"),
        ("pages/blogs/one.md", "summary: One.", "sumary: One.", "unknown keys sumary"),
        ("pages/blogs/one.md", "Tuesday 2 weeks ago", "recently", "published: 'recently' is not a date"),
        ("pages/blogs/one.md", "summary: One.", f"summary: {'x' * 401}", "summary: .*400"),
        ("pages/events/two.md", 'ends: "13:30"', 'ends: "11:30"', "ends_at: The event ends before"),
        ("pages/events/two.md", 'ends: "13:30"', "online: https://example.net/", "online: .*leads outside"),
        ("topics.yaml", "summary: Words.", "parent: nowhere", "safety: its parent 'nowhere'"),
        ("topics.yaml", "summary: Words.", "colour: red", "safety: has unknown keys colour"),
        ("people.yaml", "biography: Words.", 'website: "https://example.net"', "ada: .*leads outside"),
        ("images.yaml", "run_chart", "pie_chart", "chart: no drawing 'pie_chart'"),
        ("organisation.yaml", "page: /vacancies/", "page: /jobs/", "work: there is no page at '/jobs/'"),
        ("subscribers.yaml", "a@example.org", "a@example.net", "a@example.net: the demo's addresses"),
        ("subscribers.yaml", "active", "keen", "a@example.org: state 'keen' is none of"),
        ("subscribers.yaml", "{round:", "{square:", "there is no mailinglist 'square'"),
        ("lists.yaml", "To send the newsletter.", "Mail.", "round: .*at least 10"),
    ],
)
def test_a_fault_names_the_file_and_the_entry(  # noqa: PLR0913, PLR0917 (the parameters are the cases)
    load: Loading, folder: Path, file: str, old: str, new: str, says: str
) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ContentFault, match=says) as fault:
        load()
    assert str(fault.value).startswith(str(path))


def test_a_page_below_nothing_is_a_fault(load: Loading, folder: Path) -> None:
    (folder / "pages/lost").mkdir()
    (folder / "pages/lost/page.md").write_text("---\ntype: blog\ntitle: Lost\n---\nWords.\n", encoding="utf-8")
    with pytest.raises(ContentFault, match=r"page\.md: there is no page at /lost/"):
        load()


def test_a_subscriber_who_was_erased_is_not_brought_back(load: Loading) -> None:
    from newsletters.audience.services import erase_subscriber

    load()
    erase_subscriber(subscriber=Subscriber.objects.get(), at=NOW)
    load()
    assert not Subscriber.objects.exists()
    assert MailingList.objects.count() == 1
