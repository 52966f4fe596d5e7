"""What every engine does. One contract suite runs against all of them (`tests/integration/search`)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date, datetime

    from content.pages.documents import Document
    from search.query import Found, SearchQuery


class EngineUnavailable(Exception):  # noqa: N818 (reads as the state it reports)
    """The engine cannot answer now; readers are told, writes wait in the outbox."""


class NoIndex(EngineUnavailable):
    """There is no index yet: the next sync makes one."""


@dataclass(frozen=True, slots=True)
class Write:
    """A document, or with `None` its tombstone, at a version."""

    key: str
    version: int
    document: Document | None
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """What an engine holds of a key: its version, and the fingerprint of its document ("" for a tombstone)."""

    key: str
    version: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A document whose words are close to another's, and the terms that weighed most, heaviest first."""

    key: str
    score: float
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Described:
    """What related lists ask of a document besides its words."""

    key: str
    kind: str
    related: bool
    group: str
    topics: tuple[int, ...]
    published_on: date | None
    live_from: datetime | None = None
    live_to: datetime | None = None

    def is_visible(self, at: datetime) -> bool:
        """Whether readers may see it at `at`."""
        return (self.live_from is None or self.live_from <= at) and (self.live_to is None or at < self.live_to)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A title that goes on as a reader has begun to type."""

    key: str
    title: str
    url: str
    kind: str


@dataclass(frozen=True, slots=True)
class Status:
    """How an engine stands: its generations ("" when there is none) and how many documents readers may find."""

    engine: str
    live: str = ""
    building: str = ""
    previous: str = ""
    documents: int = 0
    bytes: int = 0
    problems: tuple[str, ...] = field(default_factory=tuple)


class Engine(ABC):
    """Keeps documents in generations: one is live; another may be building, and then gets every write as well.

    A write is accepted only if its version is at least the stored one, decided by the engine in the same step as the
    write itself; a refused write is not an error. Any method may raise `EngineUnavailable`.
    """

    name: str

    @abstractmethod
    def write(self, writes: Sequence[Write]) -> dict[str, str]:
        """Write to the live generation and to the one that is building.

        Returns the keys of documents that this engine will never take, with its reasons; the others are written.
        """

    @abstractmethod
    def write_building(self, writes: Sequence[Write]) -> dict[str, str]:
        """Write only to the generation that is building, likewise; raises `LookupError` when there is none."""

    def begin_write_building(self, writes: Sequence[Write]) -> Callable[[], dict[str, str]]:
        """Begin what `write_building` does, and return what waits for its answer; one at a time may be under way.

        An engine that works in a process of its own uses it to work while the caller makes the next documents.
        """
        refused = self.write_building(writes)
        return lambda: refused

    @abstractmethod
    def begin_generation(self) -> str:
        """Start a new generation, dropping one that was left building, and return its name."""

    @abstractmethod
    def promote_generation(self, name: str) -> None:
        """Make the generation that is building the live one, in one step; the old one is kept for going back."""

    @abstractmethod
    def drop_generation(self, name: str) -> None:
        """Remove a generation that is not live."""

    @abstractmethod
    def restore_generation(self) -> str:
        """Go back to the generation that was live before; it has missed writes, so a sync must follow."""

    @abstractmethod
    def live_generation(self) -> str:
        """Return the name of the generation that readers see, "" when there is none; cheap, asked at every sync."""

    @abstractmethod
    def status(self) -> Status:
        """Report how the engine stands."""

    @abstractmethod
    def stored(self, *, building: bool = False, keys: Sequence[str] | None = None) -> Iterator[Stored]:
        """Go through everything a generation holds, or through some keys of it."""

    @abstractmethod
    def search(self, query: SearchQuery) -> Found:
        """Answer a query from the live generation; raises `NoIndex` when there is none."""

    @abstractmethod
    def corrections(self, words: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return, for each of the words that no document holds in any form, the nearest ones that some do."""

    @abstractmethod
    def suggestions(self, words: Sequence[str], *, at: datetime, limit: int) -> list[Suggestion]:
        """Return the documents whose title holds the words, the last of which may be only begun; best first."""

    @abstractmethod
    def neighbours(self, key: str, *, at: datetime, limit: int) -> list[Neighbour]:
        """Find the documents closest to the one at `key` by their terms, among those that take part in related lists.

        Never the document itself, nor one of its group, nor one that readers may not see at `at`.
        """

    @abstractmethod
    def described(self, keys: Sequence[str]) -> dict[str, Described]:
        """Return what is stored of these keys; a tombstone or an unknown key is left out."""

    @abstractmethod
    def texts(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the whole texts of those of the keys that take part in related lists."""

    @abstractmethod
    def newest(self, *, topics: Sequence[int], at: datetime, limit: int) -> list[str]:
        """Return the newest documents that take part in related lists, about any of `topics` where these are given."""

    def refresh(self) -> None:  # noqa: B027 (most engines have nothing to do)
        """Make what was written findable at once; for tests and after a rebuild."""

    def close(self) -> None:  # noqa: B027 (as above)
        """Let go of connections and files."""
