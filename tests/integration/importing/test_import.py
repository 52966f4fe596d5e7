from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page, ReferenceIndex, Revision

from content.articles.models import BlogPage, ChapterPage, NewsPage, QuickGuidePage, ReportPage
from content.community.models import GroupPage
from content.events.models import EventPage
from content.importing.findings import What
from content.importing.mapping import Mapping, parse_mapping
from content.importing.models import ImportedItem
from content.importing.services import import_folder
from content.pages.dates import DatePrecision
from content.pages.models import BasePage, Card, StandardPage
from content.people.models import Profile
from content.topics.models import Topic

if TYPE_CHECKING:
    from pathlib import Path

    from content.importing.report import ImportReport

pytestmark = pytest.mark.django_db


@pytest.fixture
def report(source: Path, mapping: Mapping) -> ImportReport:
    return import_folder(folder=source, mapping=mapping)


def at(address: str) -> BasePage:
    return Page.objects.get(url_path=f"/home{address}").specific


def told(report: ImportReport, what: What) -> list[tuple[str, str]]:
    return [(path, finding.message) for path, finding in report.by_what().get(what, [])]


def test_every_file_is_a_page_a_part_of_one_or_a_line_in_the_report(report: ImportReport, source: Path) -> None:
    files = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    assert {entry.path for entry in report.entries} == files
    assert len(report.entries) == report.files == len(files)
    nothing = {entry.path for entry in report.entries if entry.became == "nothing"}
    assert nothing == {"notes.txt", "events/undated.md", "topics/_index.md"}
    assert nothing == {path for path, _ in told(report, What.NOT_IMPORTED)}
    assert {entry.path: entry.became for entry in report.entries}["order/brewing.yml"] == "part"


def test_pages_are_of_the_type_their_rule_says_and_stand_at_their_address(report: ImportReport) -> None:
    assert type(at("/blogs/first-pot/")) is BlogPage
    assert type(at("/news/announcement/")) is NewsPage
    assert type(at("/reports/report/")) is ReportPage
    assert type(at("/library/rules/")) is StandardPage
    assert type(at("/community/pourers/")) is GroupPage
    assert type(at("/events/tasting/")) is EventPage


def test_dates_keep_the_writers_day_and_the_exact_moment(report: ImportReport) -> None:
    first = at("/blogs/first-pot/")
    assert first.published_on == date(2015, 4, 24)
    assert first.first_published_at == datetime(2015, 4, 24, 8, 6, 49, tzinfo=UTC)
    opening = at("/news/announcement/")
    assert (opening.published_on, opening.date_precision) == (date(2016, 4, 1), DatePrecision.MONTH)
    broken = [message for path, message in told(report, What.DATE) if path == "posts/2017/broken.md"]
    assert "'2017-04-31' is not a date" in broken[0]


def test_topics_come_by_slug_or_alias_and_unknown_ones_are_told(report: ImportReport) -> None:
    first = at("/blogs/first-pot/")
    assert [link.topic.name for link in first.page_topics.all()] == ["Leaves"]
    assert told(report, What.TOPIC) == [("posts/2015/2015-04-24-first-pot.md", "teapots: left out")]
    assert Topic.objects.count() == 1


def test_unknown_authors_are_made_from_their_names_so_that_no_byline_is_lost(report: ImportReport) -> None:
    first = at("/blogs/first-pot/")
    assert [link.profile.name for link in first.page_authors.all()] == ["Ada Brew", "Nobody Known"]
    assert told(report, What.AUTHOR) == [("posts/2015/2015-04-24-first-pot.md", "nobody-known: made from its name")]
    assert Profile.objects.get(slug="ada").affiliation == "The Teahouse"


def test_links_between_imported_pages_are_page_links_forwards_and_back(report: ImportReport) -> None:
    first, second = at("/blogs/first-pot/"), at("/blogs/second/")
    rules = at("/library/rules/")
    html = str(first.body.raw_data[0]["value"])
    assert html.count(f'<a linktype="page" id="{second.pk}">') == 2
    assert f'<a linktype="page" id="{rules.pk}">rules</a>' in html
    assert '<a href="/topics/leaves/">leaves</a>' in html
    assert '<a href="https://old.example.org/gone/">gone</a>' in html
    assert str(second.body.raw_data[0]["value"]).count(f'linktype="page" id="{first.pk}"') == 2
    assert report.relinked >= 1
    assert [path for path, _ in told(report, What.LINK_OUT)] == ["posts/2015/2015-04-24-first-pot.md"]


def test_the_admin_knows_what_refers_to_a_page(report: ImportReport) -> None:
    first, second = at("/blogs/first-pot/"), at("/blogs/second/")
    assert ReferenceIndex.get_references_to(first).filter(object_id=str(second.pk)).exists()


def test_a_guide_has_its_chapters_nested_and_in_order(report: ImportReport) -> None:
    guide = at("/guides/brewing/")
    assert isinstance(guide, QuickGuidePage)
    assert [chapter.slug for chapter in guide.get_children()] == ["leaf", "water", "more"]
    time = at("/guides/brewing/water/time/")
    assert isinstance(time, ChapterPage)
    assert Redirect.objects.get(old_path="/guides/brewing/time").redirect_page_id == time.pk
    assert told(report, What.ORDER) == [
        ("guides/brewing/more.md", "after the others, by its weight and name"),
        ("order/brewing.yml", "names 'guides/brewing/milk', which is not there"),
    ]


def test_hidden_expired_and_future_pages_are_not_shown(report: ImportReport) -> None:
    hidden, expired, lasting, coming = (at(f"/blogs/{slug}/") for slug in ("hidden", "expired", "lasting", "coming"))
    assert (hidden.live, hidden.expired, hidden.first_published_at) == (False, False, None)
    assert (expired.live, expired.expired) == (False, True)
    assert (lasting.live, lasting.expire_at is not None) == (True, True)
    assert coming.live is False
    assert Revision.objects.get(object_id=str(coming.pk)).approved_go_live_at == coming.go_live_at
    assert not Card.objects.visible().filter(page__in=[hidden.pk, expired.pk, coming.pk]).exists()


def test_old_addresses_aliases_and_redirects_lead_on(report: ImportReport, client) -> None:
    rows = {row.old_path: row for row in Redirect.objects.all()}
    first, rules = at("/blogs/first-pot/"), at("/library/rules/")
    assert {old for old, row in rows.items() if row.redirect_page_id == first.pk} == {
        "/2015/04/24/first-pot", "/first", "/posts/2015/old-name",
    }  # fmt: skip
    assert rows["/2017/03/02/moved"].redirect_page_id == rules.pk
    assert rows["/2017/03/03/away"].redirect_link == "https://elsewhere.example.org/"
    assert rows["/authors/ada"].redirect_link == "/people/ada/"
    assert rows["/topics/foliage"].redirect_link == "/topics/leaves/"
    assert rows["/blog"].redirect_page_id == at("/blogs/").pk
    assert not Page.objects.filter(slug__in=["moved", "away"]).exists()
    assert client.get("/first/").headers["Location"].endswith("/blogs/first-pot/")


def test_a_second_page_of_the_same_slug_gets_a_number_and_is_told(report: ImportReport) -> None:
    assert at("/blogs/second/").title == "The second pot"
    assert at("/blogs/second-2/").title == "Another second"
    assert [path for path, _ in told(report, What.SLUG)] == ["posts/2016/second.md"]


def test_what_is_broken_is_told_and_the_rest_goes_on(report: ImportReport) -> None:
    assert at("/news/broken/").title == "Broken: front"
    assert at("/news/latin/").title == "Café"
    assert [path for path, _ in told(report, What.BYTES)] == ["posts/2017/latin.md"]
    assert [path for path, _ in told(report, What.FRONT_MATTER)] == ["posts/2017/broken.md"]
    fields = [message.partition(":")[0] for path, message in told(report, What.FIELD) if path == "events/tasting.md"]
    assert sorted(fields) == ["ends_at", "registration_url"]
    assert told(report, What.SHORTCODE) == [("posts/2015/2015-04-24-first-pot.md", "mystery")]


def test_fields_of_events_and_groups_are_filled(report: ImportReport) -> None:
    event, group = at("/events/tasting/"), at("/community/pourers/")
    assert event.starts_at == datetime(2019, 6, 1, 17, tzinfo=UTC)
    assert event.venue == "Hall, Leeds"
    assert (group.members, group.contact_email) == ("40 members", "pour@example.org")


def test_every_page_has_its_card_and_waits_for_search(report: ImportReport) -> None:
    from search.models import OutboxEntry

    pages = [entry.object_id for entry in report.entries if entry.object_id and entry.became != "section"]
    assert Card.objects.filter(page_id__in=pages).count() == len(pages)
    assert OutboxEntry.objects.filter(key__in=[f"page:{pk}" for pk in pages]).count() == len(pages)


def test_a_second_run_writes_nothing_and_tells_the_same(source: Path, mapping: Mapping) -> None:
    first = import_folder(folder=source, mapping=mapping)
    second = import_folder(folder=source, mapping=mapping)
    assert second.writes == 0
    assert {entry.path for entry in second.entries if entry.state not in {"", "unchanged"}} == {"events/undated.md"}
    assert second.by_what() == first.by_what()
    assert second.figures == first.figures
    assert second.became() == first.became()


def test_a_dry_run_writes_nothing_and_says_what_would_be(source: Path, mapping: Mapping) -> None:
    dry = import_folder(folder=source, mapping=mapping, dry_run=True)
    assert dry.writes == 0
    assert not ImportedItem.objects.exists()
    assert not Page.objects.filter(slug="first-pot").exists()
    wet = import_folder(folder=source, mapping=mapping)
    assert dry.became() == wet.became()
    assert dry.figures["shortcodes"] == wet.figures["shortcodes"]
    assert dry.redirects_made == wet.redirects_made


def test_a_changed_file_changes_its_page_and_no_other(source: Path, mapping: Mapping) -> None:
    import_folder(folder=source, mapping=mapping)
    before = at("/library/rules/")
    path = source / "papers/rules.md"
    path.write_text(path.read_text().replace("Warm the pot", "Warm the pot well"))
    again = import_folder(folder=source, mapping=mapping)
    after = at("/library/rules/")
    assert after.pk == before.pk
    assert "pot well" in str(after.body.raw_data[1])
    assert again.states()["changed"] == 1
    assert import_folder(folder=source, mapping=mapping).writes == 0


def test_a_page_an_editor_has_changed_is_left_and_told_every_time(source: Path, mapping: Mapping) -> None:
    import_folder(folder=source, mapping=mapping)
    page = at("/library/rules/")
    page.title = "House rules"
    page.save_revision().publish()
    path = source / "papers/rules.md"
    path.write_text(path.read_text().replace("Warm the pot", "Warm the pot well"))
    for _ in range(2):
        again = import_folder(folder=source, mapping=mapping)
        assert told(again, What.CONFLICT) == [("papers/rules.md", "edited since the import")]
    page.refresh_from_db()
    assert page.title == "House rules"
    assert "well" not in str(page.body.raw_data[1])


def test_a_draft_an_editor_began_is_not_overwritten(source: Path, mapping: Mapping) -> None:
    import_folder(folder=source, mapping=mapping)
    at("/library/rules/").save_revision()
    path = source / "papers/rules.md"
    path.write_text(path.read_text().replace("Warm", "Heat"))
    assert told(import_folder(folder=source, mapping=mapping), What.CONFLICT)


def test_a_page_an_editor_has_unpublished_stays_unpublished(source: Path, mapping: Mapping) -> None:
    import_folder(folder=source, mapping=mapping)
    at("/library/rules/").unpublish()
    path = source / "papers/rules.md"
    path.write_text(path.read_text().replace("Warm", "Heat"))
    assert told(import_folder(folder=source, mapping=mapping), What.CONFLICT)
    assert at("/library/rules/").live is False


def test_a_page_an_editor_has_deleted_is_not_made_again(source: Path, mapping: Mapping) -> None:
    import_folder(folder=source, mapping=mapping)
    at("/news/announcement/").delete()
    again = import_folder(folder=source, mapping=mapping)
    assert again.writes == 0
    assert told(again, What.GONE) == [("posts/2016/announcement.md", "left so")]
    assert not Page.objects.filter(slug="announcement").exists()


def test_a_topic_an_editor_made_is_used_and_not_changed(source: Path, mapping: Mapping) -> None:
    theirs = Topic.objects.create(name="Our leaves", slug="leaves")
    report = import_folder(folder=source, mapping=mapping)
    assert [link.topic_id for link in at("/blogs/first-pot/").page_topics.all()] == [theirs.pk]
    assert told(report, What.ADOPTED) == [("topics/leaves/_index.md", "topic leaves")]
    theirs.refresh_from_db()
    assert theirs.name == "Our leaves"


def test_a_page_of_the_site_keeps_its_address_and_the_imported_one_gets_a_number(
    source: Path, mapping: Mapping
) -> None:
    from content.pages.services import set_up_site

    set_up_site()
    blogs = Page.objects.get(slug="blogs")
    theirs = blogs.add_child(instance=BlogPage(title="Ours", slug="first-pot"))
    report = import_folder(folder=source, mapping=mapping)
    assert at("/blogs/first-pot/").pk == theirs.pk
    assert at("/blogs/first-pot-2/").title == "The first pot"
    assert ("posts/2015/2015-04-24-first-pot.md", "'first-pot' is taken on this site; became 'first-pot-2'") in told(
        report, What.SLUG
    )
    assert import_folder(folder=source, mapping=mapping).writes == 0
    Page.objects.get(slug="blogs").refresh_from_db()
    assert Page.find_problems() == ([], [], [], [], [])


def test_a_file_that_was_not_importable_is_tried_again(source: Path, mapping: Mapping) -> None:
    import_folder(folder=source, mapping=mapping)
    (source / "events/undated.md").write_text("---\ntitle: Undated\ndate: 2020-01-01\n---\nNow.\n")
    again = import_folder(folder=source, mapping=mapping)
    assert at("/events/undated/").title == "Undated"
    assert again.states()["made"] == 1


def test_a_page_that_comes_later_gets_the_links_that_waited(source: Path, mapping: Mapping) -> None:
    late = source / "posts/2016/2016-01-02-second-pot.md"
    text = late.read_text()
    (source / "events/undated.md").write_text("---\ntitle: Undated\n---\nSome day.\n")
    (source / "papers/rules.md").write_text('---\ntitle: Rules\n---\nSee [it]({{< ref "undated" >}}).\n')
    import_folder(folder=source, mapping=mapping)
    assert "linktype" not in str(at("/library/rules/").body.raw_data[0])
    (source / "events/undated.md").write_text("---\ntitle: Undated\ndate: 2020-01-01\n---\nNow.\n")
    again = import_folder(folder=source, mapping=mapping)
    assert again.relinked == 1
    assert f'id="{at("/events/undated/").pk}"' in str(at("/library/rules/").body.raw_data[0])
    assert late.read_text() == text


def test_every_block_is_one_an_editor_could_save(report: ImportReport) -> None:
    pages = [page for page in Page.objects.specific() if hasattr(page, "body")]
    assert len(pages) > 10
    for page in pages:
        page.body.stream_block.clean(page.body)


def test_queries_a_page_do_not_grow_with_the_number_of_pages(tmp_path: Path) -> None:
    mapping = parse_mapping(
        b"name: many\nkeys: {title: title}\nfolders: [{folder: posts, becomes: blog, parent: /blogs/}]\n"
    )
    folder = tmp_path / "many"
    (folder / "posts").mkdir(parents=True)
    counts = []
    for start in (0, 40, 80):
        for number in range(start, start + 40):
            (folder / f"posts/{number:03}.md").write_text(f"---\ntitle: Page {number}\n---\nText.\n")
        report = import_folder(folder=folder, mapping=mapping)
        assert report.pages == 40
        counts.append(report.thousands[0].queries)
    assert counts[2] <= counts[1] * 1.02
