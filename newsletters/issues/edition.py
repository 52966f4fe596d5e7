"""What an issue shows that lives elsewhere (cards, vacancies), read once for the whole issue, as of one moment.

Blocks ask the edition in their template context, so the number of queries does not grow with the blocks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from django.utils import timezone

from content.pages.models import Card
from content.vacancies.models import VacancyPage
from newsletters.issues.cards import MailCard, page_card

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from wagtail.blocks import Block, BoundBlock, StreamValue

    from newsletters.issues.models import IssuePage


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something a block names that readers could not open, so it is not shown; `reason` is for the editor."""

    block_id: str
    page_id: int
    reason: str


@dataclass(slots=True)
class Edition:
    """Cards and vacancies by page id, as of `at`.

    `sent_vacancies` maps a block's id to the vacancies it showed when the issue was sent; with it, blocks show those,
    closed or not (the archive says so), instead of what is open now.
    """

    at: datetime
    cards: dict[int, Card] = field(default_factory=dict)
    chosen_vacancies: dict[int, VacancyPage] = field(default_factory=dict)
    open_vacancies: list[VacancyPage] = field(default_factory=list)
    sent_vacancies: dict[str, list[int]] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)

    @classmethod
    def of_issue(cls, issue: IssuePage, at: datetime | None = None, *, as_sent: bool = False) -> Self:
        """Read what the issue's blocks name: as it is at `at`, or, for the archive, as it was sent."""
        return cls._of_blocks(list(_raw_blocks(issue.body.raw_data)), at, issue.sent_vacancies if as_sent else {})

    @classmethod
    def of_context(cls, context: Mapping[str, Any] | None, value: Any, block: Block) -> Self:
        """The edition being rendered; one for this block alone where there is none (a block's own preview)."""
        edition = (context or {}).get("edition")
        if isinstance(edition, cls):
            return edition
        return cls._of_blocks([("", block.name, block.get_prep_value(value))], None, {})

    @classmethod
    def _of_blocks(cls, blocks: list[_RawBlock], at: datetime | None, sent: dict[str, list[int]]) -> Self:
        edition = cls(at or timezone.now(), sent_vacancies=sent)
        card_ids = {
            block_id: ids for block_id, name, value in blocks if name == "page_cards" and (ids := _pages(value))
        }
        vacancy_ids = {block_id: _chosen(value) for block_id, name, value in blocks if name == "vacancies"}
        edition._read_cards(card_ids)
        edition._read_vacancies(vacancy_ids)
        if any(
            value.get("all_open") and block_id not in sent for block_id, name, value in blocks if name == "vacancies"
        ):
            edition.open_vacancies = list(_for_display().open(edition.at).soonest_first())
        return edition

    def _read_cards(self, wanted: dict[str, list[int]]) -> None:
        ids = {page_id for each in wanted.values() for page_id in each}
        if ids:
            cards = Card.objects.visible(self.at).filter(pk__in=ids).for_display()
            self.cards = {card.page_id: card for card in cards}
        for block_id, page_ids in wanted.items():
            self.left_out += [
                LeftOut(block_id, page_id, "is not published, so its card is left out; publish it or take it out")
                for page_id in page_ids
                if page_id not in self.cards
            ]

    def _read_vacancies(self, wanted: dict[str, list[int]]) -> None:
        ids = {page_id for each in (*wanted.values(), *self.sent_vacancies.values()) for page_id in each}
        if ids:
            self.chosen_vacancies = {page.pk: page for page in _for_display().live().filter(pk__in=ids)}
        for block_id, page_ids in wanted.items():
            for page_id in page_ids:
                page = self.chosen_vacancies.get(page_id)
                if page is None:
                    self.left_out.append(LeftOut(block_id, page_id, "is not published, so it is left out"))
                elif not page.is_open(self.at):
                    reason = f"is {_state_at(page, self.at)}, so it is left out; take it out of the block"
                    self.left_out.append(LeftOut(block_id, page_id, reason))

    def page_cards(self, value: Any) -> list[MailCard]:
        """The cards of a block of page cards, in its order."""
        return [
            page_card(self.cards[item["page"].pk], title=item["title"] or "", summary=item["summary"] or "")
            for item in value["items"]
            if item["page"] is not None and item["page"].pk in self.cards
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


def every_block(stream: StreamValue) -> Iterator[BoundBlock]:
    """Every block of a body in order, those in topic sections after their section."""
    for child in stream:
        yield child
        if child.block_type == "topic_section":
            yield from every_block(child.value["blocks"])


_RawBlock = tuple[str, str, Any]


def _for_display() -> Any:
    return VacancyPage.objects.select_related("employer").defer("body")


def _state_at(page: VacancyPage, at: datetime) -> str:
    if page.withdrawn_at:
        return "withdrawn"
    if page.filled_at:
        return "filled"
    return "not open yet" if at < page.opens_at else "closed"


def _raw_blocks(raw: Iterable[Mapping[str, Any]]) -> Iterator[_RawBlock]:
    """Every block of a body with its id, name and stored value; those in topic sections as well."""
    for child in raw:
        yield str(child.get("id") or ""), child["type"], child["value"]
        if child["type"] == "topic_section":
            yield from _raw_blocks(child["value"].get("blocks") or ())


def _items(raw: Iterable[Any] | None) -> list[Any]:
    """A list block's values, with or without the wrapping that Wagtail stores since 2.16."""
    return [each["value"] if isinstance(each, dict) and each.get("type") == "item" else each for each in raw or ()]


def _pages(value: Mapping[str, Any]) -> list[int]:
    return [item["page"] for item in _items(value.get("items")) if item.get("page")]


def _chosen(value: Mapping[str, Any]) -> list[int]:
    return [page_id for page_id in _items(value.get("pages")) if page_id]
