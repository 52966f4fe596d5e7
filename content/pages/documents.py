"""What search knows of a page, a topic or a person, said without knowing which engine will hold it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Document:
    """One findable thing, as the database is now.

    `key` is unique over all sources ("page:12", "topic:3", "person:7"); texts are plain, without markup. A
    document is findable from `live_from` (None: since ever) until just before `live_to` (None: for ever).
    `related` says whether it takes part in related lists. `group` keeps close kin (a guide and its chapters) from
    recommending one another: documents of one group are never related.
    """

    key: str
    kind: str
    title: str
    url: str
    summary: str = ""
    key_points: str = ""
    body: str = ""
    topics: tuple[int, ...] = ()
    topic_names: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    published_on: date | None = None
    live_from: datetime | None = None
    live_to: datetime | None = None
    related: bool = True
    group: str = ""
    weight: float = field(default=1.0)
