"""What a link in a body becomes; the importer knows the pages, the conversion only asks."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Protocol

from content.importing.findings import What


@dataclass(frozen=True, slots=True)
class Link:
    """Where a link leads.

    `page` is an imported page's primary key, `document` an imported file's; `waiting` the source path of a page that
    is not made yet (`href` is its address meanwhile). `fragment` is the place in a page, which the site's rich text
    understands. With none of them and no `href`, only the words stay. `finding` is what the report should tell.
    """

    href: str = ""
    page: int | None = None
    document: int | None = None
    fragment: str = ""
    waiting: str = ""
    finding: What | None = None

    def attributes(self) -> str:
        """The attributes of an `<a>` in Wagtail's rich text; "" where there is no link to make."""
        if self.page is not None:
            place = f' fragment="{escape(self.fragment)}"' if self.fragment else ""
            return f'linktype="page" id="{self.page}"{place}'
        if self.document is not None:
            return f'linktype="document" id="{self.document}"'
        return f'href="{escape(self.href)}"' if self.href else ""


class Resolver(Protocol):
    """Knows where a target leads: a path or name within the source, a path on the old site, an address."""

    def resolve(self, target: str, *, code: bool) -> Link:
        """Resolve a target; `code` says that a shortcode named it, so it must be something in the source."""

    def picture(self, source: str) -> int | None:
        """The imported image that a source names; None where its file is not there."""


class OutsideOnly:
    """A resolver that knows no page: every address stays as it is."""

    def resolve(self, target: str, *, code: bool) -> Link:
        """Keep an address; a shortcode's target is unknown."""
        return Link(finding=What.LINK) if code else Link(href=target)

    def picture(self, source: str) -> int | None:
        """No image is known."""
        del source
        return None
