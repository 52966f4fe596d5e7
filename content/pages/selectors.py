"""Reads that several kinds of page share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from content.pages.models import Card, PageAuthor
from content.topics.selectors import topic_and_below

if TYPE_CHECKING:
    from content.pages.models import BasePage
    from content.pages.models.cards import CardQuerySet
    from content.people.models import Profile
    from content.topics.models import Topic


@dataclass(frozen=True, slots=True)
class Crumb:
    """One step of the way to a page."""

    title: str
    url: str


def path_of(url_path: str) -> str:
    """The path readers use, from a page's `url_path`, whose first component is the home page's."""
    return "/" + url_path.removeprefix("/").partition("/")[2]


def crumbs(page: BasePage) -> list[Crumb]:
    """The published pages above this one, home first; no query on a page that was routed to."""
    above = [ancestor for ancestor in page.lineage if ancestor.live]
    return [
        Crumb("Home" if number == 0 else ancestor.title, path_of(ancestor.url_path))
        for number, ancestor in enumerate(above)
    ]


def cards_about(topic: Topic) -> CardQuerySet:
    """What is about a topic or one below it, newest first."""
    return Card.objects.visible().in_topics(topic_and_below(topic)).newest_first().for_display()


def cards_by(profile: Profile) -> CardQuerySet:
    """What a person or organisation wrote, newest first."""
    pages = PageAuthor.objects.filter(profile=profile).values("page_id")
    return Card.objects.visible().filter(page_id__in=pages).newest_first().for_display()
