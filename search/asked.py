"""What an address asks of search: read forgivingly for readers, strictly for programs."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from content.pages.kinds import KINDS
from search.query import LAST_PAGE, LONGEST_TEXT, Sort, clean_text

if TYPE_CHECKING:
    from django.http import QueryDict

# A filter with more values than this was not clicked together by a person.
MOST_VALUES = 12
YEAR = re.compile("(19|20)[0-9]{2}")
PARAMETERS = frozenset({"q", "type", "topic", "author", "year", "sort", "page"})
_FIELDS = {"type": "kinds", "topic": "topics", "author": "authors", "year": "years"}


class BadParameter(ValueError):  # noqa: N818 (reads as what it is)
    """A parameter that a program got wrong; the message says which and what is allowed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, after everything unknown has been left out."""

    text: str = ""
    kinds: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    sort: Sort = Sort.RELEVANCE
    page: int = 1

    @classmethod
    def from_parameters(cls, parameters: QueryDict) -> Asked:
        """Read an address; no value in it is an error, since readers follow old and mangled links."""
        number, sort = parameters.get("page", "1"), parameters.get("sort", "")
        authors = (clean_text(name, limit=200) for name in parameters.getlist("author"))
        return cls(
            text=parameters.get("q", ""),
            kinds=_first(kind for kind in parameters.getlist("type") if kind in KINDS),
            topics=_first(parameters.getlist("topic")),
            authors=_first(name for name in authors if name),
            years=_first(int(year) for year in parameters.getlist("year") if YEAR.fullmatch(year)),
            sort=Sort(sort) if sort in list(Sort) else Sort.RELEVANCE,
            page=int(number) if re.fullmatch("[0-9]{1,5}", number) else 1,
        )

    @classmethod
    def from_program(
        cls, parameters: QueryDict, *, known_topics: frozenset[str], known_authors: frozenset[str]
    ) -> Asked:
        """Read an address strictly, so that a program's mistake is not taken for "no result".

        Raises:
            BadParameter: an unknown or repeated parameter, a value that is not allowed, or no question at all.
        """
        _check_names(parameters)
        if len(parameters.get("q", "")) > LONGEST_TEXT:
            msg = f"q is longer than {LONGEST_TEXT} characters"
            raise BadParameter(msg)
        if not clean_text(parameters.get("q", "")) and not _FIELDS.keys() & parameters.keys():
            msg = f"give q, or a filter: {', '.join(_FIELDS)}"
            raise BadParameter(msg)
        _check("type", parameters.getlist("type"), KINDS)
        for author in parameters.getlist("author"):
            if author not in known_authors:
                msg = f"author {author!r} is not known; names are written as on the site"
                raise BadParameter(msg)
        _check("topic", parameters.getlist("topic"), known_topics)
        _check("sort", parameters.getlist("sort"), list(Sort))
        for year in parameters.getlist("year"):
            if not YEAR.fullmatch(year):
                msg = f"year must have four digits, not {year!r}"
                raise BadParameter(msg)
        number = parameters.get("page", "1")
        if not re.fullmatch("[0-9]{1,5}", number) or not 1 <= int(number) <= LAST_PAGE:
            msg = f"page must be a whole number from 1 to {LAST_PAGE}, not {number!r}"
            raise BadParameter(msg)
        return cls.from_parameters(parameters)

    @property
    def filters(self) -> dict[str, tuple[Any, ...]]:
        """The filters by the names they have in addresses."""
        return {"type": self.kinds, "topic": self.topics, "author": self.authors, "year": self.years}

    def address(self, **changes: Any) -> str:
        """Return the query string of this search with changes; a change of anything starts at the first page."""
        said = replace(replace(self, page=1), **changes)
        pairs: list[tuple[str, str]] = [("q", said.text)]
        for name, values in said.filters.items():
            pairs += [(name, str(value)) for value in values]
        if said.sort is not Sort.RELEVANCE:
            pairs.append(("sort", str(said.sort)))
        if said.page != 1:
            pairs.append(("page", str(said.page)))
        return "?" + urlencode(pairs)

    def toggled(self, family: str, value: Any) -> str:
        """Return the address with a filter added, or removed where it is in force."""
        chosen = self.filters[family]
        values = tuple(other for other in chosen if other != value) if value in chosen else (*chosen, value)
        return self.address(**{_FIELDS[family]: values})


def _first(values: Any) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))[:MOST_VALUES]


def _check_names(parameters: QueryDict) -> None:
    for name, values in parameters.lists():
        if name not in PARAMETERS:
            msg = f"unknown parameter {name!r}; there are {', '.join(sorted(PARAMETERS))}"
            raise BadParameter(msg)
        most = MOST_VALUES if name in _FIELDS else 1
        if len(values) > most:
            msg = f"{name} is given {len(values)} times; at most {most} {'is' if most == 1 else 'are'} allowed"
            raise BadParameter(msg)


def _check(name: str, values: list[str], allowed: Any) -> None:
    for value in values:
        if value not in allowed:
            msg = f"{name} {value!r} is not known; it is one of {', '.join(sorted(allowed)) or 'none yet'}"
            raise BadParameter(msg)
