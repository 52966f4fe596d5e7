"""Values of blocks with something to say beyond their fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from django.utils.text import slugify
from wagtail.blocks import StructValue

if TYPE_CHECKING:
    from wagtail.models import Page

YOUTUBE_HOSTS = {"youtube.com", "www.youtube.com", "m.youtube.com", "youtu.be", "www.youtube-nocookie.com"}
VIMEO_HOSTS = {"vimeo.com", "www.vimeo.com", "player.vimeo.com"}
_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_VIMEO_ID = re.compile(r"[0-9]{6,12}")


class SectionValue(StructValue):
    """A block that starts a section of the page: it has an anchor for links from "On this page"."""

    _anchor = ""

    @property
    def contents_text(self) -> str:
        """The words "On this page" shows."""
        return str(self.get("text") or self.get("title") or "")

    @property
    def anchor(self) -> str:
        """The id of its heading; made unique on its page by `content.blocks.contents`."""
        return self._anchor or slugify(self.contents_text) or "section"

    @anchor.setter
    def anchor(self, value: str) -> None:
        self._anchor = value


class ReferencesValue(SectionValue):
    """The list of sources, whose title is always the same."""

    @property
    def contents_text(self) -> str:
        """The words "On this page" shows."""
        return "References"


def visible_card(page: Page | None) -> Any:
    """The card of a page that a reader may open now; None for one that is gone, hidden or never had a card."""
    card = getattr(page, "card", None) if page is not None else None
    return card if card is not None and card.is_visible() else None


class ButtonValue(StructValue):
    """Where a button leads."""

    @property
    def href(self) -> str:
        """The page's path or the address; "" when the page cannot be opened by readers now."""
        if page := self.get("page"):
            card = visible_card(page)
            return card.url if card else ""
        return str(self.get("url") or "")


class FurtherReadingValue(StructValue):
    """Curated cards."""

    @property
    def page_ids(self) -> set[int]:
        """The pages named here, which automatic lists then leave out."""
        return {item["page"].pk for item in self["items"] if item["page"]}

    @property
    def cards(self) -> list[dict[str, Any]]:
        """What the card component shows: our pages as they are now, others in the editor's words."""
        cards: list[dict[str, Any]] = []
        for item in self["items"]:
            if item["page"]:
                if card := visible_card(item["page"]):
                    cards.append(
                        {
                            "pk": card.pk,
                            "label": item["label"] or card.label,
                            "hue": card.hue,
                            "title": item["title"] or card.title,
                            "url": card.url,
                            "when": item["date_text"] or card.when,
                            "summary": item["summary"] or card.summary,
                            "cover": card.cover,
                        }
                    )
            elif item["url"]:
                cards.append(
                    {
                        "pk": None,
                        "label": item["label"] or urlsplit(item["url"]).hostname or "",
                        "hue": "",
                        "title": item["title"],
                        "url": item["url"],
                        "when": item["date_text"],
                        "summary": item["summary"],
                        "cover": None,
                    }
                )
        return cards


class EmbedValue(StructValue):
    """A video on one of the two sites we embed from."""

    @property
    def video(self) -> tuple[str, str]:
        """Its site ("YouTube" or "Vimeo") and id; two empty strings for anything else."""
        return video_of(str(self.get("url") or ""))

    @property
    def host(self) -> str:
        """The site's name."""
        return self.video[0]

    @property
    def player_url(self) -> str:
        """The player's address, on the hosts that set no cookie before playing."""
        host, number = self.video
        if host == "YouTube":
            return f"https://www.youtube-nocookie.com/embed/{number}?autoplay=1"
        return f"https://player.vimeo.com/video/{number}?dnt=1&autoplay=1" if host else ""


def video_of(url: str) -> tuple[str, str]:
    """Recognise a YouTube or Vimeo address in its usual forms; ("", "") for anything else."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return "", ""
    if parts.scheme not in ("http", "https"):
        return "", ""
    host = (parts.hostname or "").lower()
    steps = [step for step in parts.path.split("/") if step]
    if host in YOUTUBE_HOSTS:
        if host == "youtu.be":
            candidate = steps[0] if steps else ""
        elif steps[:1] == ["watch"]:
            candidate = parse_qs(parts.query).get("v", [""])[0]
        else:
            candidate = steps[1] if len(steps) > 1 and steps[0] in ("embed", "shorts", "live", "v") else ""
        return ("YouTube", candidate) if _YOUTUBE_ID.fullmatch(candidate) else ("", "")
    if host in VIMEO_HOSTS:
        candidate = next((step for step in steps if _VIMEO_ID.fullmatch(step)), "")
        return ("Vimeo", candidate) if candidate else ("", "")
    return "", ""
