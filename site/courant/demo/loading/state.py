"""What the modules of a load share: the clock, the folder, the voice, and what has been found or made so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.urls import Resolver404, resolve
from wagtail.models import Page

from content.pages.models import HomePage
from content.people.models import Profile
from content.topics.models import Topic
from courant.demo.faults import ContentFault
from courant.demo.reading import CONTENT

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path


@dataclass(slots=True)
class Load:
    """One run of the loader. `now` is the moment that the content's relative dates are counted from (aware)."""

    now: datetime
    say: Callable[[str], None]
    reset_dates: bool = False
    folder: Path = CONTENT
    made: Counter[str] = field(default_factory=Counter)
    pages: dict[str, int] = field(default_factory=dict)
    snippets: dict[type, dict[str, int]] = field(default_factory=dict)
    images: dict[str, int] = field(default_factory=dict)
    documents: dict[str, int] = field(default_factory=dict)

    def find_pages(self) -> None:
        """Learn the address of every page below the home page; one query."""
        home = HomePage.objects.get()
        rows = Page.objects.descendant_of(home, inclusive=True).values_list("url_path", "pk")
        self.pages = {"/" + url_path.removeprefix("/").partition("/")[2]: pk for url_path, pk in rows}

    def page_id(self, path: str) -> int | None:
        """The page at an address (a part after # is ignored); None where an address is answered by no page.

        Raises:
            ValueError: nothing answers at this address.
        """
        address = path.partition("#")[0]
        if address in self.pages:
            return self.pages[address]
        for model, prefix in ((Topic, "/topics/"), (Profile, "/people/")):
            slug = address.removeprefix(prefix).rstrip("/")
            if address.startswith(prefix) and slug:
                self.snippet_id(model, slug)
                return None
        try:
            found = resolve(address)
        except Resolver404:
            found = None
        if found is None or found.url_name == "wagtail_serve":
            raise ValueError(
                f"{path!r} is no address of the demo (it begins and ends with “/”, as in /blogs/some-slug/)"
            )
        return None

    def snippet_id(self, model: type, slug: str) -> int:
        """A topic's or a profile's row.

        Raises:
            ValueError: there is none of this slug.
        """
        known = self.snippets.get(model, {})
        if slug not in known:
            raise ValueError(f"there is no {model.__name__.lower()} {slug!r}; there are {', '.join(sorted(known))}")
        return known[slug]

    def image_id(self, name: str) -> int:
        """An image's row.

        Raises:
            ValueError: `images.yaml` does not have it.
        """
        return _of(self.images, name, "image", "images.yaml")

    def document_id(self, name: str) -> int:
        """A document's row.

        Raises:
            ValueError: `documents.yaml` does not have it.
        """
        return _of(self.documents, name, "document", "documents.yaml")


def _of(known: dict[str, int], name: str, what: str, file: str) -> int:
    if name not in known:
        raise ValueError(f"there is no {what} {name!r} in {file}; there are {', '.join(sorted(known))}")
    return known[name]


def taken(entry: dict[str, object], file: Path, known: tuple[str, ...]) -> None:
    """Refuse keys that nobody reads.

    Raises:
        ContentFault: names the keys that are unknown and those that exist.
    """
    unknown = sorted(set(entry) - set(known))
    if unknown:
        name = str(entry.get("slug", ""))
        raise ContentFault(file, name, f"has unknown keys {', '.join(unknown)}; known are {', '.join(known)}")
