"""Related lists: which pages belong beside a page, and why.

Words first: the documents whose terms are closest. Then what an editor would look at too: topics in common, age, and a
mixture of kinds. A page whose words say little still gets a full list, from its topics and from what is new.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from django.utils import timezone

from search.engines import get_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date, datetime

    from search.engines.base import Described, Engine, Neighbour

T = TypeVar("T")

# More are kept than are shown: curated cards and expired pages fall away when a list is shown.
LIST_LENGTH = 8
SHOWN = 4
CANDIDATES = 40
# Reciprocal-rank fusion: how much less a later place counts (Cormack et al. 2009 found 60 robust).
RRF_K = 60
# Each shared topic raises a candidate by this share of its score, up to two topics.
TOPIC_BONUS, MOST_SHARED_TOPICS = 0.12, 2
# A candidate loses at most this share of its score by age, half of it after HALF_LIFE_YEARS.
AGE_MALUS, HALF_LIFE_YEARS = 0.15, 3.0
DAYS_A_YEAR = 365.25


@dataclass(slots=True)
class Candidate:
    """A page that may stand in a list, with its score and the reasons collected so far."""

    key: str
    kind: str
    score: float
    reasons: list[dict[str, Any]] = field(default_factory=list)


def fused(rankings: Iterable[Sequence[str]], *, k: int = RRF_K) -> dict[str, float]:
    """Fuse rankings of keys by reciprocal rank: the sum of 1 / (k + place) over the rankings a key stands in."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for place, key in enumerate(ranking, start=1):
            scores[key] = scores.get(key, 0.0) + 1 / (k + place)
    return scores


def related_candidates(key: str, *, engine: Engine | None = None) -> list[Candidate]:
    """Return the list for a document that is indexed, best first: `LIST_LENGTH` items where the site has as many."""
    engine = engine or get_engine()
    at = timezone.now()
    seed = engine.described([key]).get(key)
    if seed is None or not seed.related:
        return []
    candidates = _scored(seed, engine.neighbours(key, at=at, limit=CANDIDATES), engine)
    if len(candidates) < LIST_LENGTH:
        candidates += _fallback(seed, {candidate.key for candidate in candidates}, engine, at)
    return mix_kinds(candidates, kind=lambda candidate: candidate.kind)[:LIST_LENGTH]


def _scored(seed: Described, found: Sequence[Neighbour], engine: Engine) -> list[Candidate]:
    others = engine.described([neighbour.key for neighbour in found])
    scores = fused([[neighbour.key for neighbour in found]])
    today = timezone.localdate()
    candidates: list[Candidate] = []
    for neighbour in found:
        other = others.get(neighbour.key)
        if other is None:
            continue
        shared = [topic for topic in seed.topics if topic in other.topics]
        score = scores[neighbour.key] * (1 + TOPIC_BONUS * min(len(shared), MOST_SHARED_TOPICS))
        score *= 1 - AGE_MALUS * _age_share(other.published_on, today)
        reasons: list[dict[str, Any]] = [{"because": "words", "words": list(neighbour.terms)}]
        if shared:
            reasons.append({"because": "topics", "topics": shared})
        candidates.append(Candidate(other.key, other.kind, score, reasons))
    candidates.sort(key=lambda candidate: (-candidate.score, candidate.key))
    return candidates


def _age_share(published_on: date | None, today: date) -> float:
    """0 for today, 0.5 after `HALF_LIFE_YEARS`, near 1 for long ago; a page without a date is in the middle."""
    if published_on is None:
        return 0.5
    years = max((today - published_on).days, 0) / DAYS_A_YEAR
    return years / (years + HALF_LIFE_YEARS)


def _fallback(seed: Described, taken: set[str], engine: Engine, at: datetime) -> list[Candidate]:
    """Topic-mates, then the newest pages, that are not in the list yet, at scores below every real neighbour."""
    found: list[Candidate] = []
    for because, topics in (("topic-mates", seed.topics), ("newest", ())):
        if because == "topic-mates" and not topics:
            continue
        keys = [key for key in engine.newest(topics=topics, at=at, limit=LIST_LENGTH * 4) if key not in taken]
        others = engine.described(keys)
        for key in keys:
            if key != seed.key and key in others and not (seed.group and seed.group == others[key].group):
                taken.add(key)
                found.append(Candidate(key, others[key].kind, 0.001 / (len(found) + 1), [{"because": because}]))
        if len(taken) >= LIST_LENGTH:
            break
    return found


def mix_kinds(items: Sequence[T], *, kind: Callable[[T], str], by: int = 3) -> list[T]:
    """Return the items in order, but with the first item of a second kind within the first `by` places."""
    items = list(items)
    for place, item in enumerate(items):
        if kind(item) != kind(items[0]):
            if place >= by > 1:
                items.insert(by - 1, items.pop(place))
            break
    return items


def reason_in_words(reason: dict[str, Any]) -> str:
    """Say a stored reason to an editor."""
    because = reason.get("because")
    if because == "words":
        return "Words in common: " + ", ".join(reason.get("words", []))
    if because == "topics":
        return "Topics in common"
    if because == "meaning":
        return "Close in meaning"
    if because == "topic-mates":
        return "About the same topic"
    return "New on the site"
