"""One card for mail, text and archive alike, whether it shows a page of ours, a vacancy or a page elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from django.conf import settings

from content.media.covers import cover_url
from content.media.sizes import Size
from content.pages.text import cut_at_word
from newsletters.issues.identity import hue_token

if TYPE_CHECKING:
    from content.pages.models import Card

SUMMARY_LENGTH = 220
"""Characters of a summary in a mail: about three lines at 600 px."""


@dataclass(frozen=True, slots=True)
class MailCard:
    """What the templates show; every address is absolute, `cover` is "" for a card without a picture."""

    label: str
    hue: str
    title: str
    url: str
    when: str = ""
    summary: str = ""
    cover: str = ""
    card: Card | None = None

    def on_the_site(self) -> dict[str, Any]:
        """What the site's own card component shows: the picture as an image, and the page's path."""
        return {
            "pk": self.card.page_id if self.card else None,
            "label": self.label,
            "hue": self.hue,
            "title": self.title,
            "url": self.card.url if self.card else self.url,
            "when": self.when,
            "summary": self.summary,
            "cover": self.card.cover if self.card else None,
        }

    @property
    def token(self) -> str:
        """The identity's colour of the eyebrow."""
        return hue_token(self.hue)


def page_card(card: Card, *, title: str = "", summary: str = "") -> MailCard:
    """The card of a page, with the editor's own words where given."""
    return MailCard(
        label=card.label,
        hue=card.hue,
        title=title or card.title,
        url=card.full_url,
        when=card.when,
        summary=summary or cut_at_word(card.summary, SUMMARY_LENGTH),
        cover=urljoin(settings.SITE_URL, cover_path(card)),
        card=card,
    )


def cover_path(card: Card) -> str:
    """Where the card's picture for mail lies: the page's own, or the drawn one."""
    if card.cover is not None:
        return card.cover.size_url(Size.MAIL_CARD)
    return cover_url(card.hue, card.page_id, "png")
