"""A search as page, feed and API show it: hits checked against the database, facets named, pages that end."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import timezone

from content.pages.kinds import KINDS, STANDARD
from content.pages.models import Card
from content.people.models import Profile
from content.topics.models import Topic
from search.asked import MOST_VALUES, Asked
from search.engines import get_engine
from search.engines.base import EngineUnavailable
from search.engines.patience import reader_waiting
from search.files import linked_files, page_of_hit
from search.finding import find
from search.highlight import marked_html
from search.meaning import nearest_documents, rescued_documents
from search.models import BestBet, SynonymGroup
from search.query import (
    HITS_A_PAGE,
    LAST_PAGE,
    LONGEST_TEXT,
    Sort,
    SynonymTable,
    clean_text,
    folded_text,
    parse_query,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.utils.safestring import SafeString

    from search.query import Found, Hit, SearchQuery

FACET_LENGTH = MOST_VALUES
BEST_BETS = 3
HELP_LENGTH = 4
# Some of the nearest documents are no pages, or not public now.
RESCUED = 12


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
    page_of_file: int = 0


@dataclass(slots=True)
class SearchResults:
    """Everything the search page shows."""

    asked: Asked
    query: SearchQuery
    results: list[Result] = field(default_factory=list)
    total: int = 0
    facets: list[Facet] = field(default_factory=list)
    is_available: bool = True
    best_bets: list[Card] = field(default_factory=list)
    corrections: dict[str, tuple[str, ...]] = field(default_factory=dict)
    is_loose: bool = False
    nearest: list[Card] = field(default_factory=list)
    nearest_topics: list[Topic] = field(default_factory=list)
    newest: list[Card] = field(default_factory=list)

    @property
    def asks(self) -> bool:
        """Whether anything was asked: words, or a filter."""
        return bool(self.query.text or any(self.asked.filters.values()))

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
    def first_address(self) -> str:
        """The address of the first page."""
        return self.asked.address()

    @property
    def feed_address(self) -> str:
        """The query string under which this search can be followed: always the newest first, from the first page."""
        return self.asked.address(sort=Sort.RELEVANCE)

    @property
    def name(self) -> str:
        """What the search is called where it can be followed."""
        words = [self.query.text, *(option.label for option in self.chosen)]
        return f"Search: {', '.join(filter(None, words)) or 'everything'}"

    @property
    def unfiltered_address(self) -> str:
        """The address of the same words without any filter."""
        return self.asked.address(kinds=(), topics=(), authors=(), years=())

    @property
    def chosen(self) -> list[FacetOption]:
        """The filters in force, each with the address without it."""
        return [option for facet in self.facets for option in facet.options if option.is_chosen]

    @property
    def corrected_text(self) -> str:
        """What was typed with each unknown word replaced by its nearest spelling; "" when all are known."""
        text = self.asked.text
        for word, others in self.corrections.items():
            text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", others[0], text)
        return text if self.corrections else ""

    @property
    def corrected_address(self) -> str:
        """The address of the search as it was probably meant."""
        return self.asked.address(text=self.corrected_text)

    @property
    def sorts(self) -> list[FacetOption]:
        """The ways to order the results."""
        labels = {Sort.RELEVANCE: "Best match", Sort.NEWEST: "Newest first"}
        return [
            FacetOption(sort, label, self.total, sort is self.asked.sort, self.asked.address(sort=sort))
            for sort, label in labels.items()
        ]


@reader_waiting()
def search_site(
    asked: Asked,
    *,
    size: int = HITS_A_PAGE,
    synonyms: SynonymTable | None = None,
    bets: Sequence[Card] | None = None,
) -> SearchResults:
    """Answer a search: one call to the engine where that is enough, then a few queries, however many hits there are.

    With `synonyms` and `bets` editors see what a search would find with others than those in force.
    """
    topics = TopicTree()
    asked = replace(asked, topics=tuple(slug for slug in asked.topics if slug in topics.by_slug))
    query = parse_query(
        asked.text,
        at=timezone.now(),
        kinds=asked.kinds,
        topics=topics.below(asked.topics),
        authors=asked.authors,
        years=asked.years,
        sort=asked.sort,
        page=asked.page,
        size=size,
        synonyms=synonym_table() if synonyms is None else synonyms,
    )
    results = SearchResults(asked=asked, query=query)
    if not results.asks:
        return results
    try:
        answer = find(get_engine(), query, nearest=nearest_documents)
    except EngineUnavailable:
        results.is_available = False
        return results
    results.query, results.corrections, results.is_loose = answer.query, answer.corrections, answer.is_loose
    results.total = answer.found.total
    results.facets = _facets(asked, answer.found, topics)
    if query.page == 1 and not any(asked.filters.values()):
        results.best_bets = best_bets(query.text) if bets is None else list(bets)
    promoted = {f"page:{card.pk}" for card in results.best_bets}
    results.results = [result for result in checked_hits(answer.found.hits) if result.hit.key not in promoted]
    if not results.total:
        results.nearest_topics = topics.named_like(
            [*query.words, *(word for phrase in query.phrases for word in phrase)]
        )
        results.nearest = rescued_cards(query.text)
        others = Card.objects.visible().exclude(pk__in=[card.pk for card in results.nearest])
        results.newest = list(others.newest_first().for_display()[:HELP_LENGTH])
    return results


def rescued_cards(text: str) -> list[Card]:
    """Return the pages closest in meaning to a question that no page answers in its words; nearest first."""
    keys = rescued_documents(text, limit=RESCUED)
    numbers = [int(number) for prefix, _, number in (key.partition(":") for key in keys) if prefix == "page"]
    cards = {card.pk: card for card in Card.objects.visible().filter(pk__in=numbers).for_display()} if numbers else {}
    return [cards[number] for number in numbers if number in cards][:HELP_LENGTH]


def synonym_table() -> SynonymTable:
    """Return the editors' synonyms as they are now; one small query."""
    return SynonymTable(group.as_list() for group in SynonymGroup.objects.all())


def best_bets(text: str, *, draft: BestBet | None = None) -> list[Card]:
    """Return the cards that editors put first for this search; with `draft` as if that one were saved and in force."""
    folded = folded_text(text)
    if not folded:
        return []
    bets = BestBet.objects.current().filter(folded__contains=f"\n{folded}\n")
    if draft and draft.pk:
        bets = bets.exclude(pk=draft.pk)
    chosen = models.Q(page_id__in=bets.values("page_id"))
    if draft and any(folded_text(line) == folded for line in draft.queries.splitlines()):
        chosen |= models.Q(page_id=draft.page_id)
    return list(Card.objects.visible().filter(chosen).for_display()[:BEST_BETS])


def known_authors(names: Sequence[str]) -> frozenset[str]:
    """Return those of the names that somebody on the site bears, exactly as they are written there."""
    asked = [clean_text(name, limit=LONGEST_TEXT) for name in names[:MOST_VALUES]]
    return frozenset(Profile.objects.filter(name__in=asked).values_list("name", flat=True)) if asked else frozenset()


class TopicTree:
    """All topics, in one query: names for facets, and the topics below a chosen one."""

    def __init__(self) -> None:
        """Read them."""
        self.by_id = {topic.pk: topic for topic in Topic.objects.all()}
        self.by_slug = {topic.slug: topic for topic in self.by_id.values()}

    def below(self, slugs: Sequence[str]) -> tuple[int, ...]:
        """Return the ids of the topics with these slugs and of all below them."""
        found = {self.by_slug[slug].pk for slug in slugs}
        while more := {pk for pk, topic in self.by_id.items() if topic.parent_id in found and pk not in found}:
            found |= more
        return tuple(sorted(found))

    def named_like(self, words: Sequence[str]) -> list[Topic]:
        """Return a few topics in whose name one of the words begins."""
        begins = [word.casefold()[:5] for word in words if len(word) >= 3]  # noqa: PLR2004 (shorter say too little)
        return [
            topic
            for topic in self.by_id.values()
            if any(part.startswith(start) for part in topic.name.casefold().split() for start in begins)
        ][:FACET_LENGTH]


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
    texts: dict[str, list[str]] = {}
    if numbers := ids.get("file"):
        files = linked_files().filter(pk__in=numbers, search_text__isnull=False)
        texts = {f"file:{pk}": pages for pk, pages in files.values_list("pk", "search_text__pages")}
    known |= texts.keys()
    results = []
    for hit in hits:
        if hit.key in known:
            card = cards.get(int(hit.key.partition(":")[2])) if hit.key.startswith("page:") else None
            kind = card.kind_object if card else KINDS.get(hit.kind, STANDARD)
            url = card.url if card else hit.url
            page = page_of_hit(texts[hit.key], hit.snippet) if hit.key in texts else 0
            results.append(
                Result(
                    hit=hit, card=card, label=kind.label, url=f"{url}#page={page}" if page else url,
                    title=marked_html(hit.title), snippet=marked_html(hit.snippet), page_of_file=page,
                )
            )  # fmt: skip
    return results


def _facets(asked: Asked, found: Found, topics: TopicTree) -> list[Facet]:
    by_id = {str(number): topic for number, topic in topics.by_id.items()}
    facets = []
    for family, label in (("type", "Type"), ("topic", "Topic"), ("author", "Author"), ("year", "Year")):
        counts: dict[Any, int] = {}
        for value, count in found.facets.get(family, {}).items():
            if family == "topic" and value in by_id:
                counts[by_id[value].slug] = count
            elif family == "year":
                counts[int(value)] = count
            elif family == "author" or value in KINDS:
                counts[value] = count
        chosen = asked.filters[family]
        counts = {value: counts.get(value, 0) for value in chosen} | counts
        options = [
            FacetOption(str(value), _label(family, value, topics), count, value in chosen, asked.toggled(family, value))
            for value, count in counts.items()
        ]
        if family == "year":
            options.sort(key=lambda option: (not option.is_chosen, -int(option.value)))
        else:
            options.sort(key=lambda option: (not option.is_chosen, -option.count, option.label))
        facets.append(Facet(family, label, options[:FACET_LENGTH]))
    return facets


def _label(family: str, value: Any, topics: TopicTree) -> str:
    if family == "type":
        return KINDS[value].plural
    return topics.by_slug[value].name if family == "topic" else str(value)
