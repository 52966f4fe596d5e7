"""What robots are told: every public address, and nothing that is not public."""

from __future__ import annotations

from datetime import timedelta
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree as ET

import pytest
from django.utils import timezone
from wagtail.models import PageViewRestriction

from content.people.models import Profile
from content.topics.models import Topic
from courant.sitemap import NAMESPACE
from tests.factories.pages import BlogPageFactory, ProfileFactory, TopicFactory

pytestmark = pytest.mark.django_db


def entries(client) -> dict[str, str | None]:
    """Return the addresses of the sitemap, and when they changed."""
    answer = client.get("/sitemap.xml")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("application/xml")
    root = ET.fromstring(answer.content)  # noqa: S314 (our own answer)
    assert root.tag == f"{{{NAMESPACE}}}urlset"
    return {
        str(url.findtext(f"{{{NAMESPACE}}}loc")): url.findtext(f"{{{NAMESPACE}}}lastmod")
        for url in root.findall(f"{{{NAMESPACE}}}url")
    }


def test_pages_topics_and_people_stand_in_the_sitemap_with_whole_addresses(client, settings):
    page, topic, person = BlogPageFactory(), TopicFactory(), ProfileFactory()
    page.save_revision().publish()
    page.refresh_from_db()
    found = entries(client)
    assert f"{settings.SITE_URL}/" in found
    assert found[f"{settings.SITE_URL}/blogs/{page.slug}/"] == page.last_published_at.isoformat(timespec="seconds")
    assert found[topic.full_url] is None
    assert found[person.full_url] is None
    assert {f"{settings.SITE_URL}/topics/", f"{settings.SITE_URL}/people/"} <= found.keys()


def test_what_a_reader_may_not_open_is_not_in_the_sitemap(client):
    now = timezone.now()
    shown, draft = BlogPageFactory(slug="shown"), BlogPageFactory(slug="draft")
    draft.unpublish()
    restricted = BlogPageFactory(slug="restricted")
    PageViewRestriction.objects.create(page=restricted, restriction_type=PageViewRestriction.LOGIN)
    ended = BlogPageFactory(slug="ended")
    type(ended.card).objects.filter(page=ended).update(visible_to=now - timedelta(seconds=1))
    slugs = {address.rstrip("/").rpartition("/")[2] for address in entries(client)}
    assert shown.slug in slugs
    assert slugs.isdisjoint({draft.slug, restricted.slug, ended.slug})


def test_every_address_of_the_sitemap_opens(client, settings):
    BlogPageFactory()
    TopicFactory()
    ProfileFactory()
    for address in entries(client):
        assert client.get(address.removeprefix(settings.SITE_URL)).status_code == 200, address


def test_a_sitemap_is_four_queries_however_many_pages_there_are(client, django_assert_num_queries):
    BlogPageFactory.create_batch(3)
    Topic.objects.bulk_create(Topic(name=f"Name {n}", slug=f"slug-{n}") for n in range(30))
    Profile.objects.bulk_create(Profile(name=f"Name {n}", slug=f"slug-{n}") for n in range(30))
    with django_assert_num_queries(4):
        client.get("/sitemap.xml")


def test_robots_may_read_pages_and_stay_away_from_personal_links_and_endless_ones(client, settings):
    answer = client.get("/robots.txt")
    assert answer["Content-Type"].startswith("text/plain")
    rules = RobotFileParser()
    rules.parse(answer.content.decode().splitlines())
    assert rules.site_maps() == [f"{settings.SITE_URL}/sitemap.xml"]
    for path in ("/", "/blogs/a-blog/", "/topics/", "/newsletters/", "/subscribe/", "/media/images/a.png"):
        assert rules.can_fetch("*", path), path
    for path in ("/admin/", "/search/?q=rota", "/unsubscribe/a-token/", "/preferences/a-token/", "/mailbox/"):
        assert not rules.can_fetch("*", path), path
