"""What an issue is composed of: cards of pages, cards of pages elsewhere, vacancies, free blocks, topic sections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from wagtail.blocks import (
    BooleanBlock,
    CharBlock,
    ChoiceBlock,
    IntegerBlock,
    ListBlock,
    StructBlock,
    TextBlock,
    URLBlock,
)
from wagtail.snippets.blocks import SnippetChooserBlock

from content.blocks.base import ThreeDestinations
from content.blocks.library import BodyStreamBlock
from content.blocks.references import PageBlock, PooledStreamBlock
from newsletters.issues.cards import SUMMARY_LENGTH, MailCard
from newsletters.issues.edition import Edition

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wagtail.blocks import Block

FREE_BLOCKS = (
    "heading",
    "text",
    "key_points",
    "challenges",
    "quote",
    "image",
    "callout",
    "table",
    "download",
    "button",
    "further_reading",
    "references",
)
"""The blocks of the site's library that mail programs can show; the rest (embed, accordion, code) needs a browser."""


class PageCardBlock(StructBlock):
    """One page in a list of cards."""

    page = PageBlock()
    title = CharBlock(required=False, max_length=120, help_text="Instead of the page's own title.")
    summary = TextBlock(
        required=False, max_length=SUMMARY_LENGTH, rows=2, help_text="Instead of the page's own summary."
    )

    class Meta:
        icon = "doc-full"


class PageCardsBlock(ThreeDestinations, StructBlock):
    """Cards of pages of this site."""

    folder = "issue_cards"
    title = CharBlock(required=False, max_length=120, help_text="Above the cards; may be left out.")
    layout = ChoiceBlock(
        choices=[
            ("list", "A list, pictures beside the words"),
            ("lead", "Large pictures"),
            ("text", "Words only"),
        ],
        default="list",
    )
    items = ListBlock(PageCardBlock(), min_num=1, max_num=12, label="Pages")

    class Meta:
        icon = "doc-full-inverse"
        label = "Page cards"
        group = "Cards"
        description = "One or several pages of this site, with your own words if you like."
        preview_value: ClassVar = {"title": "New this month", "layout": "list", "items": []}

    def get_context(self, value: Any, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Add `cards` for mail and text and `web_cards` for the archive, as of the edition being rendered."""
        context = super().get_context(value, parent_context=parent_context)
        cards = Edition.of_context(parent_context).page_cards(value)
        context["cards"] = cards
        context["web_cards"] = [card.on_the_site() for card in cards]
        return context


class OutsideCardBlock(StructBlock):
    """One page of somebody else's."""

    title = CharBlock(max_length=160)
    url = URLBlock(label="Address")
    label = CharBlock(max_length=40, default="Elsewhere", help_text="The line above the title.")
    date_text = CharBlock(required=False, max_length=60, label="Date", help_text="In words.")
    summary = TextBlock(required=False, max_length=SUMMARY_LENGTH, rows=2)

    class Meta:
        icon = "link-external"


class OutsideCardsBlock(ThreeDestinations, StructBlock):
    """Cards of pages elsewhere, without pictures: we have no right to theirs."""

    folder = "outside_cards"
    title = CharBlock(required=False, max_length=120, help_text="Above the cards; may be left out.")
    items = ListBlock(OutsideCardBlock(), min_num=1, max_num=12, label="Links")

    class Meta:
        icon = "link-external"
        label = "Cards for outside links"
        group = "Cards"
        description = "Pages elsewhere that are worth the reader's time."
        preview_value: ClassVar = {
            "title": "Worth reading elsewhere",
            "items": [
                {
                    "title": "What a ward learnt from its own whiteboard",
                    "url": "https://example.org/whiteboard",
                    "label": "Elsewhere",
                    "date_text": "October 2026",
                    "summary": "Forty minutes a morning, and how nobody noticed where they had gone.",
                }
            ],
        }

    def get_context(self, value: Any, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Add `cards`."""
        context = super().get_context(value, parent_context=parent_context)
        context["cards"] = [
            MailCard(
                label=item["label"],
                hue="",
                title=item["title"],
                url=item["url"],
                when=item["date_text"] or "",
                summary=item["summary"] or "",
            )
            for item in value["items"]
        ]
        return context


class VacanciesBlock(ThreeDestinations, StructBlock):
    """Vacancies, chosen one by one or all that are open; one that has closed is left out of a mail by itself."""

    folder = "issue_vacancies"
    title = CharBlock(max_length=120, default="Work with us")
    pages = ListBlock(
        PageBlock(page_type="vacancies.VacancyPage"), min_num=0, default=[], max_num=20, label="Chosen vacancies"
    )
    all_open = BooleanBlock(
        required=False, label="All open vacancies", help_text="Those that close soonest come first; after the chosen."
    )
    limit = IntegerBlock(min_value=1, max_value=20, default=6, help_text="At most this many in all.")

    class Meta:
        icon = "group"
        label = "Vacancies"
        group = "Cards"
        description = "Open roles with place, salary and closing date."
        preview_value: ClassVar = {"title": "Work with us", "pages": [], "all_open": True, "limit": 3}

    def get_context(self, value: Any, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Add `vacancies`, from the edition when an issue is rendered."""
        context = super().get_context(value, parent_context=parent_context)
        context["vacancies"] = Edition.of_context(parent_context, value).vacancies(
            value, str((parent_context or {}).get("block_id", ""))
        )
        return context


CARD_BLOCKS: tuple[tuple[str, Block], ...] = (
    ("page_cards", PageCardsBlock()),
    ("outside_cards", OutsideCardsBlock()),
    ("vacancies", VacanciesBlock()),
)


def _free_blocks() -> Iterator[tuple[str, Block]]:
    for name in FREE_BLOCKS:
        if name in BodyStreamBlock.base_blocks:
            yield name, BodyStreamBlock.base_blocks[name]


class SectionStreamBlock(ThreeDestinations, PooledStreamBlock):
    """What a topic section may hold: everything but another section."""

    folder = "issue_body"

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        """Take the cards and the library's free blocks, then what a caller adds."""
        super().__init__([*CARD_BLOCKS, *_free_blocks(), *(local_blocks or ())], **kwargs)


class TopicSectionBlock(ThreeDestinations, StructBlock):
    """A part of the issue that only followers of a topic get."""

    folder = "topic_section"
    topic = SnippetChooserBlock("topics.Topic")
    in_archive = BooleanBlock(
        required=False, label="Also in the web version", help_text="Otherwise only followers ever see it."
    )
    blocks = SectionStreamBlock(min_num=1)

    class Meta:
        icon = "tag"
        label = "For followers of a topic"
        group = "Sections"
        description = "Only subscribers who follow this topic get these blocks."
        preview_value: ClassVar = {
            "topic": None,
            "in_archive": True,
            "blocks": [{"type": "heading", "value": {"text": "For those who measure"}}],
        }


class IssueStreamBlock(SectionStreamBlock):
    """The body of an issue."""

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        """Add the topic section to what a section may hold."""
        super().__init__([("topic_section", TopicSectionBlock()), *(local_blocks or ())], **kwargs)
