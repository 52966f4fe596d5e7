"""Puts an issue's blocks into the mail's frame: one MJML source, one text, both with markers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe

from content.blocks.rendering import Destination, render_block
from content.organisation.models import Organisation
from content.pages.dates import in_words
from newsletters.issues.identity import COLOURS, SANS, SERIF, hue_token
from newsletters.issues.merging import Marks

if TYPE_CHECKING:
    from wagtail.blocks import BoundBlock, StreamValue

    from newsletters.issues.edition import Edition
    from newsletters.issues.models import IssuePage, NewsletterPage

TEMPLATE: Final = "mail/issue.mjml"
TEXT_TEMPLATE: Final = "mail/issue.txt"
_RELATIVE: Final = re.compile(r"\b(href|src|background-url)=([\"'])/(?!/)")
_BLANK_LINES: Final = re.compile(r"\n{3,}")
_TRAILING: Final = re.compile(r"[ \t]+$", re.MULTILINE)


@dataclass(slots=True)
class Composition:
    """The two sources of one compilation, and the markers that stand in them."""

    marks: Marks
    mjml: str
    text: str
    subject: str
    preheader: str


def compose_issue(issue: IssuePage, newsletter: NewsletterPage, edition: Edition) -> Composition:
    """Render blocks and frame; nothing is compiled or checked yet."""
    marks = Marks()
    context = _frame(issue, newsletter, edition)
    everybody = {"archive_url": issue.canonical_url}
    mjml = render_to_string(
        TEMPLATE,
        {**context, "body": mark_safe(_mail_body(issue.body, context, marks))},  # noqa: S308 (the blocks escape)
    )
    text = render_to_string(
        TEXT_TEMPLATE,
        {**context, "body": mark_safe(_text_body(issue.body, context, marks))},  # noqa: S308 (plain text)
    )
    return Composition(
        marks=marks,
        mjml=marks.mark_fields(absolute_links(mjml), escaped=True, values=everybody),
        text=marks.mark_fields(tidy_text(text), escaped=False, values=everybody),
        subject=marks.mark_fields(issue.subject_line, escaped=False, values=everybody),
        preheader=marks.mark_fields(issue.preheader.strip(), escaped=False, values=everybody),
    )


def absolute_links(source: str) -> str:
    """Give every address that starts at the site's root the site's address: a mail has no root of its own."""
    return _RELATIVE.sub(rf"\1=\2{settings.SITE_URL}/", source)


def tidy_text(text: str) -> str:
    """No trailing blanks, at most one empty line in a row, and a line's end at the end."""
    return _BLANK_LINES.sub("\n\n", _TRAILING.sub("", text.replace("\r\n", "\n"))).strip() + "\n"


def _frame(issue: IssuePage, newsletter: NewsletterPage, edition: Edition) -> dict[str, Any]:
    organisation = Organisation.load()
    return {
        "issue": issue,
        "newsletter": newsletter,
        "organisation": organisation,
        "address_lines": newsletter.address_lines,
        "subject": issue.subject_line,
        "date_text": issue.when or in_words(timezone.localdate(edition.at)),
        "accent": hue_token(newsletter.accent),
        "accent_light": COLOURS[hue_token(newsletter.accent)].light,
        "edition": edition,
        "references": getattr(issue.body, "references", None),
        "site_url": settings.SITE_URL,
        "colours": COLOURS,
        "hues": {name: colour for name, colour in COLOURS.items() if name.startswith("hue_") or name == "accent"},
        "serif": SERIF,
        "sans": SANS,
        "unsubscribe_url": "{{unsubscribe_url}}",
        "preferences_url": "{{preferences_url}}",
        "archive_url": issue.canonical_url,
    }


def _mail_body(stream: StreamValue, context: dict[str, Any], marks: Marks) -> str:
    """The blocks as MJML; the engine keeps comments in `mj-raw` and no others."""
    pieces = []
    for child in stream:
        pieces.append(_comment(marks.start_block(child.id)))
        rendered: str = render_block(child, Destination.MAIL, {**context, "block_id": child.id})
        if child.block_type == "topic_section":
            start, end = marks.start_section(_topic_id(child)), marks.end_section()
            rendered = _comment(start) + rendered + _comment(end)
        pieces += [rendered, _comment(marks.end_block())]
    return "\n".join(pieces)


def _comment(marker: str) -> str:
    return f"<mj-raw><!--{marker}--></mj-raw>"


def _text_body(stream: StreamValue, context: dict[str, Any], marks: Marks) -> str:
    """The blocks as text, an empty line after each; a section takes its empty line along when it is left out."""
    pieces = []
    for child in stream:
        rendered = tidy_text(render_block(child, Destination.TEXT, {**context, "block_id": child.id})).strip()
        if not rendered:
            continue
        if child.block_type == "topic_section":
            rendered = f"{marks.start_section(_topic_id(child))}{rendered}\n\n{marks.end_section()}"
        else:
            rendered += "\n\n"
        pieces.append(rendered)
    return "".join(pieces)


def _topic_id(child: BoundBlock) -> int:
    """The topic's id; 0, which nobody follows, for a topic that is gone."""
    topic = child.value["topic"]
    return topic.pk if topic is not None else 0
