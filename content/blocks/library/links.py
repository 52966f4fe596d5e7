"""Blocks that lead somewhere else."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from wagtail.blocks import BooleanBlock, CharBlock, ListBlock, StructBlock, StructBlockValidationError, URLBlock
from wagtail.blocks import TextBlock as PlainTextBlock

from content.blocks.base import ThreeDestinations
from content.blocks.library.values import ButtonValue, FurtherReadingValue
from content.blocks.references import PageBlock


class ButtonBlock(ThreeDestinations, StructBlock):
    """The one thing a reader may want to do next."""

    folder = "button"
    text = CharBlock(max_length=80)
    page = PageBlock(required=False)
    url = URLBlock(required=False, label="Address", help_text="Used when no page is chosen.")
    quiet = BooleanBlock(required=False, help_text="An outline, for the second-best thing to do.")

    class Meta:
        icon = "link"
        label = "Button"
        description = "A link that should be seen: to a page of this site or elsewhere."
        value_class = ButtonValue
        preview_value: ClassVar = {
            "text": "Read the report",
            "page": None,
            "url": "https://example.org/report?a=1&b=2",
            "quiet": False,
        }

    def clean(self, value: Any) -> Any:
        """Ask for one target and not two."""
        cleaned = super().clean(value)
        if not cleaned.get("page") and not cleaned.get("url"):
            raise StructBlockValidationError(
                block_errors={"page": ValidationError("Choose a page or give an address.")}
            )
        if cleaned.get("page") and cleaned.get("url"):
            raise StructBlockValidationError(
                block_errors={"url": ValidationError("A page is chosen already: delete the address, or the page.")}
            )
        return cleaned


class FurtherReadingItemBlock(StructBlock):
    """A card: a page of ours, or an outside link with its own words."""

    page = PageBlock(required=False)
    url = URLBlock(required=False, label="Address", help_text="For a page elsewhere.")
    title = CharBlock(required=False, max_length=200, help_text="The page's own when empty.")
    label = CharBlock(required=False, max_length=60, help_text="The line above the title, for example “Report”.")
    date_text = CharBlock(required=False, max_length=60, label="Date", help_text="In words.")
    summary = PlainTextBlock(required=False, max_length=400, rows=2)

    def clean(self, value: Any) -> Any:
        """Ask for a page, or for an address with a title."""
        cleaned = super().clean(value)
        page, url, title = cleaned.get("page"), cleaned.get("url"), cleaned.get("title")
        errors = {}
        if page and url:
            errors["url"] = ValidationError("A page is chosen already: delete the address, or the page.")
        elif not page and not url:
            errors["page"] = ValidationError("Choose a page or give an address.")
        elif url and not title:
            errors["title"] = ValidationError("A page elsewhere needs a title.")
        if errors:
            raise StructBlockValidationError(block_errors=errors)
        return cleaned


class FurtherReadingBlock(ThreeDestinations, StructBlock):
    """Cards chosen by an editor; automatic lists on the same page leave these out."""

    folder = "further_reading"
    title = CharBlock(max_length=120, default="Further reading")
    items = ListBlock(FurtherReadingItemBlock(), min_num=1, max_num=8, label="Cards")

    class Meta:
        icon = "list-ul"
        label = "Further reading"
        description = "Cards of pages you choose, here or elsewhere."
        value_class = FurtherReadingValue
        preview_value: ClassVar = {
            "title": "Further reading",
            "items": [
                {
                    "page": None,
                    "url": "https://example.org/regrowth",
                    "title": "After the fire: regrowth on the wards",
                    "label": "Elsewhere",
                    "date_text": "February 2026",
                    "summary": "With the right conditions a service grows back different, and better.",
                },
                {
                    "page": None,
                    "url": "https://example.org/who-decides?topic=wards&year=2026",
                    "title": "Who decides what is measured",
                    "label": "",
                    "date_text": "",
                    "summary": "",
                },
            ],
        }
