"""The web version of an issue: what everybody may read, with nobody's name in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.safestring import SafeString, mark_safe

from content.blocks.rendering import Destination, render_block
from newsletters.issues.edition import Edition
from newsletters.issues.merging import replace_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wagtail.blocks import BoundBlock, StreamValue

    from newsletters.issues.models import IssuePage


def archive_context(issue: IssuePage) -> dict[str, Any]:
    """What the issue's page needs beyond the page itself."""
    newsletter = issue.newsletter_page
    newer, older = neighbours(issue)
    return {"newsletter": newsletter, "issue_body": archive_body(issue), "newer": newer, "older": older}


def archive_body(issue: IssuePage) -> SafeString:
    """The blocks as a web page shows them: no sections for followers unless marked public, no merge values."""
    blocks = list(public_blocks(issue.body))
    edition = Edition.of_blocks(blocks, sent_vacancies=issue.sent_vacancies)
    context = {"edition": edition, "page": issue, "references": getattr(issue.body, "references", None)}
    pieces = [render_block(child, Destination.WEB, {**context, "block_id": child.id}) for child in blocks]
    return mark_safe(replace_fields("\n".join(pieces)))  # noqa: S308 (the blocks escape; defaults are part of them)


def public_blocks(stream: StreamValue) -> Iterator[BoundBlock]:
    """The blocks that everybody may read; what only followers get is not even turned into objects."""
    for number, raw in enumerate(stream.raw_data):
        if raw["type"] != "topic_section" or raw["value"].get("in_archive"):
            yield stream[number]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another issue of the same newsletter, as the pager shows it."""

    title: str
    url: str


def neighbours(issue: IssuePage) -> tuple[Neighbour | None, Neighbour | None]:
    """The next newer and the next older published issue of the same newsletter; one query."""
    newsletter = issue.newsletter_page
    if newsletter is None:
        return None, None
    rows = list(newsletter.issue_cards().values_list("pk", "title", "page__slug"))
    here = next((n for n, (pk, _, _) in enumerate(rows) if pk == issue.pk), None)
    if here is None:
        return None, None

    def at(number: int) -> Neighbour | None:
        if not 0 <= number < len(rows):
            return None
        _, title, slug = rows[number]
        return Neighbour(title, f"{newsletter.path_on_site}{slug}/")

    return at(here - 1), at(here + 1)
