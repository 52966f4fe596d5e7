"""Related lists: which pages belong beside a page, and why.

Two rankings, by words and by meaning, fused by reciprocal rank. Then what an editor would look at too: topics in
common, age, and a mixture of kinds. A page whose words say little still gets a full list, from its topics and from what
is new.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from django.utils import timezone

from search.fusion import fused

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import date, datetime

    from search.engines.base import Described, Engine
    from search.vectors import Space

T = TypeVar("T")

# More are kept than are shown: curated cards and expired pages fall away when a list is shown.
LIST_LENGTH = 8
SHOWN = 4
# The reason of an item that an editor put there.
PINNED: list[dict[str, Any]] = [{"because": "editor"}]
CANDIDATES = 100
# Only so many of the nearest are said to be close in meaning.
CLOSE_IN_MEANING = 20
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


def related_candidates(
    key: str, *, engine: Engine, spaces: Sequence[Space] = (), without: Collection[str] = ()
) -> list[Candidate]:
    """Return the list for a document that is indexed, best first: `LIST_LENGTH` items where the site has as many.

    `without` are keys that stand elsewhere or nowhere: what editors pinned or banned.
    """
    at = timezone.now()
    seed = engine.described([key]).get(key)
    if seed is None or not seed.related:
        return []
    candidates = [
        candidate
        for candidate in ranked_candidates(seed, engine=engine, spaces=spaces, at=at)
        if candidate.key not in without
    ]
    if len(candidates) < LIST_LENGTH:
        candidates += _fallback(seed, {*without, *(candidate.key for candidate in candidates)}, engine, at)
    return mix_kinds(candidates, kind=lambda candidate: candidate.kind)[:LIST_LENGTH]


def ranked_candidates(seed: Described, *, engine: Engine, spaces: Sequence[Space], at: datetime) -> list[Candidate]:
    """Return what is close to a document by words and by meaning, with topics and age taken into account."""
    by_words = {neighbour.key: neighbour for neighbour in engine.neighbours(seed.key, at=at, limit=CANDIDATES)}
    by_meaning = [(space.nearest_to(seed.key, limit=CANDIDATES), space.weight) for space in spaces]
    scores = fused([(list(by_words), 1.0), *by_meaning])
    others = engine.described(list(scores))
    close = {key for ranking, _ in by_meaning for key in ranking[:CLOSE_IN_MEANING]}
    today = timezone.localdate(at)
    candidates: list[Candidate] = []
    for key, fused_score in scores.items():
        other = others.get(key)
        if other is None or not _may_recommend(seed, other, at):
            continue
        shared = [topic for topic in seed.topics if topic in other.topics]
        score = fused_score * (1 + TOPIC_BONUS * min(len(shared), MOST_SHARED_TOPICS))
        score *= 1 - AGE_MALUS * _age_share(other.published_on, today)
        reasons: list[dict[str, Any]] = []
        if key in by_words and by_words[key].terms:
            reasons.append({"because": "words", "words": list(by_words[key].terms)})
        if shared:
            reasons.append({"because": "topics", "topics": shared})
        if key in close or (not reasons and key not in by_words):
            reasons.append({"because": "meaning"})
        if not reasons:
            reasons.append({"because": "words", "words": []})
        candidates.append(Candidate(key, other.kind, score, reasons))
    candidates.sort(key=lambda candidate: (-candidate.score, candidate.key))
    return candidates


def _may_recommend(seed: Described, other: Described, at: datetime) -> bool:
    return (
        other.related
        and other.key != seed.key
        and other.is_visible(at)
        and not (seed.group and seed.group == other.group)
    )


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
            if key in others and _may_recommend(seed, others[key], at):
                taken.add(key)
                found.append(Candidate(key, others[key].kind, 0.001 / (len(found) + 1), [{"because": because}]))
        if len(found) >= LIST_LENGTH:
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


def reason_in_words(reason: dict[str, Any], *, topics: Mapping[int, str]) -> str:
    """Say a stored reason to an editor; `topics` names topics by their ids."""
    because = reason.get("because")
    if because == "editor":
        return "Chosen by an editor"
    if because == "words":
        words = reason.get("words", [])
        return f"Both speak of {', '.join(words)}" if words else "Many everyday words in common"
    if because == "topics":
        names = [topics[number] for number in reason.get("topics", []) if number in topics]
        return f"Both are about {', '.join(names)}" if names else "Topics in common"
    if because == "meaning":
        return "Close in meaning"
    if because == "topic-mates":
        return "About the same topic"
    return "New on the site"
