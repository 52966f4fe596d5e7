"""The web version of an issue: what everybody may read, with nobody's name in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.safestring import SafeString, mark_safe

from content.blocks.rendering import Destination, render_block
from newsletters.issues.edition import Edition
from newsletters.issues.merging import replace_fields

if TYPE_CHECKING:
    from content.pages.models import Card
    from newsletters.issues.models import IssuePage


def archive_context(issue: IssuePage) -> dict[str, Any]:
    """What the issue's page needs beyond the page itself."""
    newsletter = issue.newsletter_page
    newer, older = neighbours(issue)
    return {"newsletter": newsletter, "issue_body": archive_body(issue), "newer": newer, "older": older}


def archive_body(issue: IssuePage) -> SafeString:
    """The blocks as a web page shows them: no sections for followers unless marked public, no merge values."""
    edition = Edition.of_issue(issue, as_sent=True)
    context = {"edition": edition, "page": issue, "references": getattr(issue.body, "references", None)}
    pieces = [
        render_block(child, Destination.WEB, {**context, "block_id": child.id})
        for child in issue.body
        if child.block_type != "topic_section" or child.value["in_archive"]
    ]
    return mark_safe(replace_fields("\n".join(pieces)))  # noqa: S308 (the blocks escape; defaults are part of them)


def neighbours(issue: IssuePage) -> tuple[Card | None, Card | None]:
    """The cards of the next newer and the next older published issue of the same newsletter."""
    newsletter = issue.newsletter_page
    if newsletter is None:
        return None, None
    cards = list(newsletter.issue_cards().select_related("page").only("title", "page__url_path", "published_on"))
    for n, card in enumerate(cards):
        if card.pk == issue.pk:
            return (cards[n - 1] if n else None), (cards[n + 1] if n + 1 < len(cards) else None)
    return None, None
