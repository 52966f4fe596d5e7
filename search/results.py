"""A search as the page and the API show it: hits checked against the database, facets with names, pages that end."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.utils import timezone

from content.pages.kinds import KINDS, STANDARD
from content.pages.models import Card
from content.people.models import Profile
from content.topics.models import Topic
from search.engines import get_engine
from search.engines.base import EngineUnavailable
from search.highlight import marked_html
from search.query import HITS_A_PAGE, LAST_PAGE, Found, Hit, Sort, parse_query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import QueryDict
    from django.utils.safestring import SafeString

    from search.query import SearchQuery

FACET_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, after everything unknown has been left out."""

    text: str = ""
    kinds: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    sort: Sort = Sort.RELEVANCE
    page: int = 1

    @classmethod
    def from_parameters(cls, parameters: QueryDict) -> Asked:
        """Read an address; no value in it is an error, since readers follow old and mangled links."""
        number = parameters.get("page", "1")
        sort = parameters.get("sort", "")
        return cls(
            text=parameters.get("q", ""),
            kinds=tuple(dict.fromkeys(kind for kind in parameters.getlist("type") if kind in KINDS)),
            topics=tuple(dict.fromkeys(parameters.getlist("topic")))[:FACET_LENGTH],
            sort=Sort(sort) if sort in list(Sort) else Sort.RELEVANCE,
            page=int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 1,  # noqa: PLR2004
        )

    def address(self, **changes: Any) -> str:
        """Return the query string of this search with changes; a change of anything starts at the first page."""
        values = {
            "text": self.text,
            "kinds": self.kinds,
            "topics": self.topics,
            "sort": self.sort,
            "page": 1,
            **changes,
        }
        pairs: list[tuple[str, str]] = [("q", str(values["text"]))]
        pairs += [("type", kind) for kind in values["kinds"]]
        pairs += [("topic", slug) for slug in values["topics"]]
        if values["sort"] != Sort.RELEVANCE:
            pairs.append(("sort", str(values["sort"])))
        if values["page"] != 1:
            pairs.append(("page", str(values["page"])))
        return "?" + urlencode(pairs)


@dataclass(frozen=True, slots=True)
class FacetOption:
    """One value of a facet: how many results it would leave, and the address that adds or removes it."""

    value: str
    label: str
    count: int
    is_chosen: bool
    address: str


@dataclass(frozen=True, slots=True)
class Facet:
    """A family of filters."""

    name: str
    label: str
    options: list[FacetOption]


@dataclass(frozen=True, slots=True)
class Result:
    """A hit that the database agrees with: its card where it is a page, and its texts with highlights."""

    hit: Hit
    card: Card | None
    label: str
    url: str
    title: SafeString
    snippet: SafeString


@dataclass(slots=True)
class SearchResults:
    """Everything the search page shows."""

    asked: Asked
    query: SearchQuery
    results: list[Result] = field(default_factory=list)
    total: int = 0
    facets: list[Facet] = field(default_factory=list)
    is_available: bool = True
    nearest: list[Card] = field(default_factory=list)

    @property
    def asks(self) -> bool:
        """Whether anything was asked: words, or a filter."""
        return bool(self.query.text or self.asked.kinds or self.asked.topics)

    @property
    def pages(self) -> int:
        """How many pages can be opened: where they stop, the reader is told to narrow the search."""
        return min(math.ceil(self.total / self.query.size), LAST_PAGE)

    @property
    def stops_early(self) -> bool:
        """Whether there are more results than pages to show them on."""
        return self.total > LAST_PAGE * self.query.size

    @property
    def first(self) -> int:
        """The number of the first result on this page."""
        return self.query.offset + 1

    @property
    def last(self) -> int:
        """The number of the last result on this page."""
        return min(self.query.offset + self.query.size, self.total)

    @property
    def previous_address(self) -> str:
        """The address of the page before, or ""."""
        return self.asked.address(page=self.query.page - 1) if self.query.page > 1 else ""

    @property
    def next_address(self) -> str:
        """The address of the page after, or ""."""
        return self.asked.address(page=self.query.page + 1) if self.query.page < self.pages else ""

    @property
    def chosen(self) -> list[FacetOption]:
        """The filters in force, each with the address without it."""
        return [option for facet in self.facets for option in facet.options if option.is_chosen]

    @property
    def first_address(self) -> str:
        """The address of the first page."""
        return self.asked.address()

    @property
    def unfiltered_address(self) -> str:
        """The address of the same words without any filter."""
        return self.asked.address(kinds=(), topics=())

    @property
    def sorts(self) -> list[FacetOption]:
        """The ways to order the results."""
        labels = {Sort.RELEVANCE: "Best match", Sort.NEWEST: "Newest first"}
        return [
            FacetOption(sort, label, self.total, sort is self.asked.sort, self.asked.address(sort=sort))
            for sort, label in labels.items()
        ]


def search_site(asked: Asked, *, size: int = HITS_A_PAGE) -> SearchResults:
    """Answer a search: one call to the engine, then a few queries, however many hits there are."""
    topics = _TopicTree()
    slugs = tuple(slug for slug in asked.topics if slug in topics.by_slug)
    asked = Asked(asked.text, asked.kinds, slugs, asked.sort, asked.page)
    query = parse_query(
        asked.text, at=timezone.now(), kinds=asked.kinds, topics=topics.below(slugs), sort=asked.sort,
        page=asked.page, size=size,
    )  # fmt: skip
    results = SearchResults(asked=asked, query=query)
    if not results.asks:
        return results
    try:
        found = get_engine().search(query)
    except EngineUnavailable:
        results.is_available = False
        return results
    results.total = found.total
    results.results = checked_hits(found.hits)
    results.facets = [
        Facet("type", "Type", _kind_options(asked, found)),
        Facet("topic", "Topic", _topic_options(asked, found, topics)),
    ]
    if not results.total:
        results.nearest = list(Card.objects.visible().newest_first().for_display()[:4])
    return results


class _TopicTree:
    """All topics, in one query: names for facets, and the topics below a chosen one."""

    def __init__(self) -> None:
        self.by_id = {topic.pk: topic for topic in Topic.objects.all()}
        self.by_slug = {topic.slug: topic for topic in self.by_id.values()}

    def below(self, slugs: Sequence[str]) -> tuple[int, ...]:
        """Return the ids of the topics with these slugs and of all below them."""
        found = {self.by_slug[slug].pk for slug in slugs}
        while more := {pk for pk, topic in self.by_id.items() if topic.parent_id in found and pk not in found}:
            found |= more
        return tuple(sorted(found))


def checked_hits(hits: Sequence[Hit]) -> list[Result]:
    """Turn hits into results that a reader may open now: a query a family of documents, none a hit."""
    ids: dict[str, list[int]] = {}
    for hit in hits:
        prefix, _, number = hit.key.partition(":")
        ids.setdefault(prefix, []).append(int(number))
    cards: dict[int, Card] = {}
    if pages := ids.get("page"):
        cards = {card.pk: card for card in Card.objects.visible().filter(pk__in=pages).for_display()}
    known: set[str] = {f"page:{number}" for number in cards}
    for prefix, model in (("topic", Topic), ("person", Profile)):
        if numbers := ids.get(prefix):
            manager: Any = model._default_manager  # noqa: SLF001 (Django's documented API)
            known |= {f"{prefix}:{number}" for number in manager.filter(pk__in=numbers).values_list("pk", flat=True)}
    results = []
    for hit in hits:
        if hit.key in known:
            card = cards.get(int(hit.key.partition(":")[2])) if hit.key.startswith("page:") else None
            kind = card.kind_object if card else KINDS.get(hit.kind, STANDARD)
            url = card.url if card else hit.url
            title, snippet = marked_html(hit.title), marked_html(hit.snippet)
            results.append(Result(hit=hit, card=card, label=kind.label, url=url, title=title, snippet=snippet))
    return results


def _toggled(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    return tuple(other for other in values if other != value) if value in values else (*values, value)


def _kind_options(asked: Asked, found: Found) -> list[FacetOption]:
    counts = {kind: found.facets.get("type", {}).get(kind, 0) for kind in asked.kinds} | found.facets.get("type", {})
    options = [
        FacetOption(
            kind, KINDS[kind].plural, count, kind in asked.kinds, asked.address(kinds=_toggled(asked.kinds, kind))
        )
        for kind, count in counts.items()
        if kind in KINDS
    ]
    return sorted(options, key=lambda option: (not option.is_chosen, -option.count, option.label))[:FACET_LENGTH]


def _topic_options(asked: Asked, found: Found, topics: _TopicTree) -> list[FacetOption]:
    counts = {topics.by_slug[slug].pk: 0 for slug in asked.topics}
    counts |= {int(number): count for number, count in found.facets.get("topic", {}).items()}
    options = [
        FacetOption(
            topic.slug, topic.name, count, topic.slug in asked.topics,
            asked.address(topics=_toggled(asked.topics, topic.slug)),
        )
        for number, count in counts.items()
        if (topic := topics.by_id.get(number)) is not None
    ]  # fmt: skip
    return sorted(options, key=lambda option: (not option.is_chosen, -option.count, option.label))[:FACET_LENGTH]
