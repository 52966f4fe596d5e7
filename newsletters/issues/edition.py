"""What an issue shows that lives elsewhere (cards, vacancies), as of one moment.

Pages come with their cards from the stream's pooled references, vacancies are read once; so the number of queries does
not grow with the blocks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from django.utils import timezone

from content.vacancies.models import VacancyPage
from newsletters.issues.cards import MailCard, page_card

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from wagtail.blocks import BoundBlock, StreamValue
    from wagtail.models import Page

    from content.pages.models import Card
    from newsletters.issues.models import IssuePage


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A page that a block names and that is not shown; `closed` for a vacancy that is over, which may happen."""

    block_id: str
    title: str
    reason: str
    closed: bool = False

    def __str__(self) -> str:
        return f"“{self.title}” {self.reason}"


@dataclass(slots=True)
class Edition:
    """Vacancies by page id, and what is visible as of `at`.

    `sent_vacancies` maps a block's id to the vacancies it showed when the issue was sent; with it, blocks show those,
    closed or not (the archive says so), instead of what is open now.
    """

    at: datetime
    chosen_vacancies: dict[int, VacancyPage] = field(default_factory=dict)
    open_vacancies: list[VacancyPage] = field(default_factory=list)
    sent_vacancies: dict[str, list[int]] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)

    @classmethod
    def of_issue(cls, issue: IssuePage, at: datetime | None = None) -> Self:
        """Read what the issue's blocks name, as it is at `at`."""
        return cls.of_blocks(issue.body, at)

    @classmethod
    def of_blocks(
        cls,
        blocks: StreamValue | Iterable[BoundBlock],
        at: datetime | None = None,
        *,
        sent_vacancies: dict[str, list[int]] | None = None,
    ) -> Self:
        """Read what these blocks name, and with `sent_vacancies` the vacancies as they were sent."""
        edition = cls(at or timezone.now(), sent_vacancies=sent_vacancies or {})
        values = [(child.id, child.block_type, child.value) for child in every_block(blocks)]
        edition._read_vacancies([(block_id, value) for block_id, name, value in values if name == "vacancies"])
        for block_id, name, value in values:
            if name == "page_cards":
                edition._note_hidden(block_id, value)
        return edition

    @classmethod
    def of_context(cls, context: Mapping[str, Any] | None, vacancies: Any = None) -> Self:
        """The edition being rendered; one for a single block where there is none (a block's own preview)."""
        edition = (context or {}).get("edition")
        if isinstance(edition, cls):
            return edition
        edition = cls(timezone.now())
        if vacancies is not None:
            edition._read_vacancies([("", vacancies)])
        return edition

    def _read_vacancies(self, blocks: list[tuple[str, Any]]) -> None:
        named = {page.pk for _, value in blocks for page in value["pages"] if page is not None}
        named |= {page_id for block_id, _ in blocks for page_id in self.sent_vacancies.get(block_id, ())}
        if named:
            self.chosen_vacancies = {
                page.pk: page for page in _for_display().live().filter(pk__in=named, card__restricted=False)
            }
        if any(value["all_open"] and block_id not in self.sent_vacancies for block_id, value in blocks):
            self.open_vacancies = list(_for_display().open(self.at).soonest_first())
        for block_id, value in blocks:
            for page in value["pages"]:
                self._note_closed(block_id, page)

    def _note_closed(self, block_id: str, page: Page | None) -> None:
        found = self.chosen_vacancies.get(page.pk) if page is not None else None
        if found is None:
            title = page.title if page is not None else "A vacancy that was deleted"
            self.left_out.append(LeftOut(block_id, title, "is not published, so it is left out; take it out"))
        elif not found.is_open(self.at):
            reason = f"is {_state_at(found, self.at)}, so it is left out; take it out"
            self.left_out.append(LeftOut(block_id, found.title, reason, closed=True))

    def _note_hidden(self, block_id: str, value: Any) -> None:
        for item in value["items"]:
            page = item["page"]
            if page is None:
                self.left_out.append(LeftOut(block_id, "A page that was deleted", "has no card; take it out"))
            elif self._card(page) is None:
                reason = "cannot be read by everybody now, so its card is left out; publish it or take it out"
                self.left_out.append(LeftOut(block_id, page.title, reason))

    def _card(self, page: Page) -> Card | None:
        card: Card | None = getattr(page, "card", None)
        return card if card is not None and card.is_visible(self.at) else None

    def page_cards(self, value: Any) -> list[MailCard]:
        """The cards of a block of page cards, in its order."""
        return [
            page_card(card, title=item["title"] or "", summary=item["summary"] or "")
            for item in value["items"]
            if item["page"] is not None and (card := self._card(item["page"])) is not None
        ]

    def vacancies(self, value: Any, block_id: str = "") -> list[VacancyPage]:
        """The vacancies of a block: as sent, or the chosen ones that are open, then all open ones if asked for."""
        if block_id in self.sent_vacancies:
            sent = self.sent_vacancies[block_id]
            return [self.chosen_vacancies[page_id] for page_id in sent if page_id in self.chosen_vacancies]
        ids = dict.fromkeys(page.pk for page in value["pages"] if page is not None)
        chosen = [self.chosen_vacancies[page_id] for page_id in ids if page_id in self.chosen_vacancies]
        shown = [page for page in chosen if page.is_open(self.at)]
        if value["all_open"]:
            shown += [page for page in self.open_vacancies if page.pk not in ids]
        return shown[: value["limit"] or None]


def every_block(stream: StreamValue | Iterable[BoundBlock]) -> Iterator[BoundBlock]:
    """Every block of a body in order, those in topic sections after their section."""
    for child in stream:
        yield child
        if child.block_type == "topic_section":
            yield from every_block(child.value["blocks"])


def _for_display() -> Any:
    return VacancyPage.objects.select_related("employer").defer("body")


def _state_at(page: VacancyPage, at: datetime) -> str:
    if page.withdrawn_at:
        return "withdrawn"
    if page.filled_at:
        return "filled"
    return "not open yet" if at < page.opens_at else "closed"
