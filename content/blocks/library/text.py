"""Blocks of running text."""

from __future__ import annotations

from typing import Any, ClassVar

from wagtail.blocks import BooleanBlock, CharBlock, ChoiceBlock, IntegerBlock, ListBlock, RichTextBlock, StructBlock
from wagtail.blocks import TextBlock as PlainTextBlock

from content.blocks.base import ThreeDestinations
from content.blocks.library.values import ReferencesValue, SectionValue

RICH_TEXT_FEATURES = ["h3", "h4", "bold", "italic", "ol", "ul", "link", "document-link", "superscript", "subscript"]
LINE_FEATURES = ["bold", "italic", "link", "document-link", "superscript", "subscript"]
"""For a sentence or two: a point, a reference."""


class HeadingBlock(ThreeDestinations, StructBlock):
    """A section's heading; the table of contents is made of these."""

    folder = "heading"
    text = CharBlock(max_length=200)

    class Meta:
        icon = "title"
        label = "Heading"
        description = "Starts a section; shown in “On this page”."
        value_class = SectionValue
        preview_value: ClassVar = {"text": "What carried the others"}


class TextBlock(ThreeDestinations, RichTextBlock):
    """Paragraphs, lists and links."""

    folder = "rich_text"

    def __init__(self, **kwargs: Any) -> None:
        """Limit the editor to what mail clients show as well as browsers do."""
        kwargs.setdefault("features", RICH_TEXT_FEATURES)
        super().__init__(**kwargs)

    class Meta:
        icon = "pilcrow"
        label = "Text"
        description = "Paragraphs, lists and links."
        preview_value = (
            "<p>Three wards, one whiteboard, and <b>40 minutes</b> back every morning. What changed was small:</p>"
            "<ul><li>the board moved to where people stand;</li><li>one question a day, answered in ink.</li></ul>"
            '<p>The <a href="https://example.org/method?ward=6&amp;year=2026">method</a> is described in full.</p>'
        )


class KeyPointsBlock(ThreeDestinations, StructBlock):
    """What a reader should take away."""

    folder = "key_points"
    title = CharBlock(max_length=120, default="Key points")
    points = ListBlock(RichTextBlock(features=LINE_FEATURES), min_num=1, max_num=12, label="Points")

    class Meta:
        icon = "list-ul"
        label = "Key points"
        description = "The three to six sentences a reader should take away; search weighs them more."
        value_class = SectionValue
        preview_value: ClassVar = {
            "title": "Key points",
            "points": [
                "<p>Most programmes measured too late to learn anything from what they saw.</p>",
                "<p>Staff time, not money, was the limit in <b>eleven of fourteen</b>.</p>",
                "<p>What spread was what others could see working next door.</p>",
            ],
        }


class ChallengeBlock(StructBlock):
    """One challenge of a list."""

    title = CharBlock(max_length=200)
    text = RichTextBlock(features=[*LINE_FEATURES, "ol", "ul"], required=False)


class ChallengesBlock(ThreeDestinations, StructBlock):
    """Challenges, numbered or not; several in a row continue the numbering through `start`."""

    folder = "challenges"
    title = CharBlock(max_length=200, required=False, help_text="A theme, when there are several lists.")
    intro = RichTextBlock(features=LINE_FEATURES, required=False)
    numbered = BooleanBlock(required=False, default=True)
    start = IntegerBlock(
        min_value=1, default=1, help_text="The first number; continue from the list before, where themes stand between."
    )
    items = ListBlock(ChallengeBlock(), min_num=1, max_num=30, label="Challenges")

    class Meta:
        icon = "list-ol"
        label = "Challenges"
        description = "Challenges or steps with a title and a text each; numbering can go on across several lists."
        preview_value: ClassVar = {
            "title": "Design and planning",
            "intro": "<p>No programme met all of these, and none met fewer than four.</p>",
            "numbered": True,
            "start": 3,
            "items": [
                {
                    "title": "Getting data that arrives in time",
                    "text": "<p>A measure that comes after the decision changes nothing.</p>",
                },
                {
                    "title": "Agreeing on the remedy before agreeing on the measure",
                    "text": "<p>The quickest argument to lose &amp; the slowest to mend.</p>",
                },
            ],
        }


class QuoteBlock(ThreeDestinations, StructBlock):
    """Somebody's own words."""

    folder = "quote"
    text = PlainTextBlock(rows=3, help_text="Without quotation marks; they are added.")
    name = CharBlock(required=False, max_length=120)
    role = CharBlock(required=False, max_length=160)

    class Meta:
        icon = "openquote"
        label = "Quote"
        description = "Somebody's own words, large, with who said them."
        preview_value: ClassVar = {
            "text": "We thought we were testing an idea. We were testing whether anyone had ten minutes.",
            "name": "Ward manager",
            "role": "site six",
        }


class CalloutBlock(ThreeDestinations, StructBlock):
    """Set apart from the running text."""

    folder = "callout"
    tone = ChoiceBlock(choices=[("note", "Note"), ("tip", "Tip"), ("warning", "Warning")], default="note")
    title = CharBlock(required=False, max_length=160)
    text = RichTextBlock(features=RICH_TEXT_FEATURES)

    class Meta:
        icon = "info-circle"
        label = "Callout"
        description = "A note, a tip or a warning beside the argument."
        preview_value: ClassVar = {
            "tone": "tip",
            "title": "Start with one bay",
            "text": "<p>Test with one nurse, one patient, one shift. Then decide whether to test again.</p>",
        }


class AccordionItemBlock(StructBlock):
    """One question of an accordion."""

    title = CharBlock(max_length=200)
    text = RichTextBlock(features=RICH_TEXT_FEATURES)


class AccordionBlock(ThreeDestinations, StructBlock):
    """Texts behind their titles; open in mail and text, where nothing can be clicked open."""

    folder = "accordion"
    items = ListBlock(AccordionItemBlock(), min_num=1, max_num=30, label="Items")

    class Meta:
        icon = "collapse-down"
        label = "Accordion"
        description = "Questions whose answers open on demand; all open in a mail."
        preview_value: ClassVar = {
            "items": [
                {
                    "title": "Who can take part?",
                    "text": "<p>Anyone who works in or with health and care, in any role.</p>",
                },
                {"title": "What does it cost?", "text": "<p>Nothing. Travel can be paid back.</p>"},
            ]
        }


class CodeBlock(ThreeDestinations, StructBlock):
    """Code, as it is."""

    folder = "code"
    language = CharBlock(required=False, max_length=40)
    code = PlainTextBlock(rows=8)

    class Meta:
        icon = "code"
        label = "Code"
        description = "Commands or program text, in a fixed-width face."
        preview_value: ClassVar = {
            "language": "SQL",
            "code": "SELECT ward, count(*)\n  FROM visits\n WHERE minutes < 40;",
        }


class ReferencesBlock(ThreeDestinations, StructBlock):
    """Sources, numbered."""

    folder = "references"
    items = ListBlock(RichTextBlock(features=LINE_FEATURES), min_num=1, max_num=200, label="References")

    class Meta:
        icon = "clipboard-list"
        label = "References"
        description = "Numbered sources, at the end of a report."
        value_class = ReferencesValue
        preview_value: ClassVar = {
            "items": [
                "<p>Ellery M. <i>The hidden hour</i>. Alder Institute, 2025.</p>",
                '<p>Okafor T. What spread, and why. <a href="https://example.org/spread">example.org/spread</a></p>',
            ]
        }
