"""What a change of synonyms or best bets would do to the results, before it is saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from search.asked import Asked
from search.query import LONGEST_TEXT, SynonymTable, clean_text, folded_text
from search.results import best_bets, search_site

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from search.models import BestBet, SynonymGroup
    from search.results import SearchResults

COMPARED: Final = 10
MOST_QUERIES: Final = 6


@dataclass(frozen=True, slots=True)
class Line:
    """A result in a ranking: its place, and where it stands in the other one (0: nowhere)."""

    place: int
    title: str
    url: str
    label: str
    other: int
    is_best_bet: bool = False

    @property
    def move(self) -> str:
        """How it has moved against the other ranking, in words."""
        if not self.other:
            return "new"
        if self.other == self.place:
            return "same place"
        return f"up from {self.other}" if self.other > self.place else f"down from {self.other}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A query's first results as they are and as they would be."""

    text: str
    before: list[Line]
    after: list[Line]
    total_before: int
    total_after: int
    is_available: bool = True

    @property
    def is_same(self) -> bool:
        """Whether the change changes nothing here."""
        return [line.url for line in self.before] == [line.url for line in self.after] and (
            self.total_before == self.total_after
        )


def synonyms_with(draft: SynonymGroup) -> SynonymTable:
    """Return the synonyms as they would be with `draft` saved."""
    others = type(draft).objects.exclude(pk=draft.pk) if draft.pk else type(draft).objects.all()
    return SynonymTable([*(group.as_list() for group in others), draft.as_list()])


def compare_synonyms(*, draft: SynonymGroup) -> list[Comparison]:
    """Compare what each of the group's phrases finds now and would find."""
    table = synonyms_with(draft)
    return [_compare(text, synonyms=table) for text in _queries(draft.as_list())]


def compare_best_bet(*, draft: BestBet) -> list[Comparison]:
    """Compare the results of the best bet's searches now and with it in force, whatever its dates say."""
    return [_compare(text, draft=draft) for text in _queries(draft.queries.splitlines())]


def compare_query(*, text: str, phrases: Sequence[str] = ()) -> Comparison:
    """Compare a query with the editors' synonyms and best bets against the bare engine, or with more phrases."""
    from search.models import SynonymGroup  # noqa: PLC0415 (models import the query model)

    if phrases:
        return _compare(text, synonyms=synonyms_with(SynonymGroup(phrases="\n".join(phrases))))
    with_all = search_site(Asked(text=text), size=COMPARED)
    bare = search_site(Asked(text=text), size=COMPARED, synonyms=SynonymTable(), bets=[])
    return _comparison(text, bare, with_all)


def _queries(lines: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for line in lines if folded_text(text := clean_text(line, limit=LONGEST_TEXT))))[
        :MOST_QUERIES
    ]


def _compare(text: str, *, synonyms: SynonymTable | None = None, draft: BestBet | None = None) -> Comparison:
    before = search_site(Asked(text=text), size=COMPARED)
    bets = best_bets(text, draft=draft) if draft else None
    return _comparison(text, before, search_site(Asked(text=text), size=COMPARED, synonyms=synonyms, bets=bets))


def _comparison(text: str, before: SearchResults, after: SearchResults) -> Comparison:
    first, second = _shown(before), _shown(after)
    return Comparison(
        text=text,
        before=_lines(first, second),
        after=_lines(second, first),
        total_before=before.total,
        total_after=after.total,
        is_available=before.is_available and after.is_available,
    )


def _shown(results: SearchResults) -> list[tuple[str, str, str, bool]]:
    bets = [(card.title, card.url, card.label, True) for card in results.best_bets]
    hits = [
        (result.card.title if result.card else result.hit.title, result.url, result.label, False)
        for result in results.results
    ]
    return [*bets, *hits][:COMPARED]


def _lines(shown: list[tuple[str, str, str, bool]], other: list[tuple[str, str, str, bool]]) -> list[Line]:
    places = {url: place for place, (_, url, _, _) in enumerate(other, start=1)}
    return [
        Line(place, clean_text(title), url, label, places.get(url, 0), is_bet)
        for place, (title, url, label, is_bet) in enumerate(shown, start=1)
    ]
