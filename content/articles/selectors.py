"""Reads of guides and of the issue an article ran in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from content.articles.models import QuickGuidePage
from content.pages import kinds
from content.pages.models import Card
from content.pages.selectors import path_of

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class GuideContents:
    """A guide's chapters as seen from one of its pages."""

    title: str
    url: str
    chapters: Sequence[Card]
    current: int
    """The index of the chapter being read; -1 on the guide's own page."""

    @property
    def number(self) -> int:
        """Which chapter this is, from 1; 0 on the guide's own page."""
        return self.current + 1

    @property
    def previous(self) -> Card | None:
        """The chapter before this one."""
        return self.chapters[self.current - 1] if self.current > 0 else None

    @property
    def next(self) -> Card | None:
        """The chapter after this one; the first, on the guide's own page."""
        return self.chapters[self.current + 1] if self.current + 1 < len(self.chapters) else None


def guide_contents(page: Any) -> GuideContents | None:
    """The guide that a page is, or belongs to, with its chapters in order; None outside guides.

    One query, remembered on the page, because several parts of its template ask.
    """
    if "guide_contents" not in page.__dict__:
        page.guide_contents = _read_guide_contents(page)
    found: GuideContents | None = page.guide_contents
    return found


def _read_guide_contents(page: Any) -> GuideContents | None:
    line = [page, *reversed(page.lineage)]
    guide = next((above for above in line if above.specific_class is QuickGuidePage), None)
    if guide is None:
        return None
    chapters = list(
        Card.objects.visible_below(guide, open_to_all=page.is_open_to_all)
        .of_kinds(kinds.CHAPTER)
        .order_by("page__path")
        .for_display()
    )
    current = next((number for number, card in enumerate(chapters) if card.page_id == page.pk), -1)
    return GuideContents(guide.title, path_of(guide.url_path), chapters, current)


def issue_of(page: Any) -> Card | None:
    """The card of the issue an article was written for, when readers can open it."""
    if not page.ran_in_id:
        return None
    return Card.objects.visible().filter(page_id=page.ran_in_id).for_display().first()
