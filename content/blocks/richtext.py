"""Rich text for each destination: HTML for pages and mails, plain words for the text part.

What editors write is stored with links as `<a linktype="page" id="3">`; here they become addresses, and a link whose
target readers cannot open becomes its words. Everything is cleaned, because imported text was not written here.
"""

from __future__ import annotations

import re
import textwrap
from html.parser import HTMLParser
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urljoin

import nh3
from django.conf import settings
from django.utils.html import escape
from wagtail.rich_text.rewriters import extract_attrs

from content.blocks.library.values import visible_card
from content.blocks.references import References

if TYPE_CHECKING:
    from wagtail.rich_text import RichText

TEXT_WIDTH = 72
"""Characters a line of a mail's text part: readable everywhere, and far under RFC 5322's limit of 998."""

_ALLOWED = {
    "a", "b", "blockquote", "br", "code", "em", "h2", "h3", "h4", "hr", "i", "li", "ol", "p", "pre", "strong", "sub",
    "sup", "ul",
}  # fmt: skip
_SCHEMES = {"http", "https", "mailto", "tel"}
_OPENING = re.compile(r"<a\b([^>]*)>")
_VOID = re.compile(r"<(br|hr)>")
_SPACE = re.compile(r"[ \t\r\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")


def source_of(value: RichText | str | None) -> str:
    """The stored HTML of a rich text value."""
    return str(getattr(value, "source", value) or "")


def with_addresses(html: str, references: References | None = None) -> str:
    """Turn links to pages and documents into addresses, and drop what may not stand in running text."""
    if "linktype=" in html:
        known = references or References.of_html(html)
        html = _OPENING.sub(lambda match: _opening_tag(extract_attrs(match[1]), known), html)
    return nh3.clean(
        html,
        tags=_ALLOWED,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes=_SCHEMES,
        link_rel=None,
        strip_comments=True,
    )


def _opening_tag(attributes: dict[str, str], references: References) -> str:
    kind, number = attributes.get("linktype"), attributes.get("id", "")
    if kind is None:
        return f'<a href="{escape(attributes.get("href", ""))}">'
    href = ""
    if number.isdecimal() and kind == "page":
        card = visible_card(references.pages.get(int(number)))
        href = card.url if card else ""
    elif number.isdecimal() and kind == "document":
        document = references.documents.get(int(number))
        href = document.url if document else ""
    if href and (anchor := attributes.get("anchor") or attributes.get("fragment")):
        href += f"#{anchor}"
    return f'<a href="{escape(href)}">' if href else "<a>"


def absolute(url: str) -> str:
    """An address that works outside the site."""
    return urljoin(f"{settings.SITE_URL}/", url)


_HREF = re.compile(r'href="([^"]*)"')
_EMPTY_LINK = re.compile(r"<a>(.*?)</a>", re.DOTALL)


def for_web(value: RichText | str | None, references: References | None = None) -> str:
    """HTML for a page."""
    return _EMPTY_LINK.sub(r"\1", with_addresses(source_of(value), references))


def for_mail(value: RichText | str | None, references: References | None = None) -> str:
    """HTML that MJML takes: links absolute, every element closed."""
    html = for_web(value, references)
    html = _HREF.sub(lambda match: f'href="{absolute(match[1])}"', html)
    return _VOID.sub(r"<\1 />", html)


def for_text(value: RichText | str | None, references: References | None = None, width: int = TEXT_WIDTH) -> str:
    """Plain words: paragraphs apart, lists marked, addresses behind their words; lines of at most `width`."""
    reader = _TextReader(width)
    reader.feed(for_web(value, references))
    reader.close()
    return reader.text()


def wrapped(text: str, first: str = "", rest: str | None = None, width: int = TEXT_WIDTH) -> str:
    """Wrap one paragraph at the width of a mail; addresses and long words are never broken."""
    return textwrap.fill(
        _SPACE.sub(" ", text).strip(),
        width,
        initial_indent=first,
        subsequent_indent=" " * len(first) if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


class _TextReader(HTMLParser):
    """Collects the paragraphs of cleaned HTML."""

    BLOCKS: ClassVar[set[str]] = {"p", "h2", "h3", "h4", "blockquote", "ul", "ol", "pre"}

    def __init__(self, width: int) -> None:
        super().__init__(convert_charrefs=True)
        self.width = width
        self.out: list[str] = []
        self.words: list[str] = []
        self.href = ""
        self.link_words: list[str] = []
        self.lists: list[int | None] = []
        self.marker = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "a":
            self.href, self.link_words = attributes.get("href") or "", []
        elif tag in self.BLOCKS:
            self._end_paragraph(tight=bool(self.lists))
            if tag == "ul":
                self.lists.append(None)
            elif tag == "ol":
                start = attributes.get("start") or "1"
                self.lists.append(int(start) if start.isdecimal() else 1)
        elif tag == "li":
            self._end_paragraph(tight=True)
            number = self.lists[-1] if self.lists else None
            self.marker = "- " if number is None else f"{number}. "
            if self.lists and number is not None:
                self.lists[-1] = number + 1
        elif tag == "br":
            self._end_paragraph(tight=True)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            words = "".join(self.link_words).strip()
            target = absolute(self.href) if self.href else ""
            if target and target.removeprefix("mailto:") != words:
                self.words.append(f" ({target.removeprefix('mailto:')})")
            self.href = ""
        elif tag in ("ul", "ol"):
            self._end_paragraph(tight=len(self.lists) > 1)
            if self.lists:
                self.lists.pop()
            if not self.lists and self.out:
                self.out.append("")
        elif tag == "li":
            self._end_paragraph(tight=True)
        elif tag in self.BLOCKS:
            self._end_paragraph(tight=bool(self.lists))

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self.href:
            self.link_words.append(data)

    def _end_paragraph(self, *, tight: bool) -> None:
        text = _SPACE.sub(" ", "".join(self.words)).strip()
        self.words = []
        if not text:
            return
        indent = "  " * max(len(self.lists) - 1, 0)
        if self.lists and not self.marker:
            self.marker = "  "
        self.out.append(wrapped(text, indent + self.marker, width=self.width))
        self.marker = ""
        if not tight:
            self.out.append("")

    def text(self) -> str:
        """Everything read."""
        self._end_paragraph(tight=False)
        return _BLANK_LINES.sub("\n\n", "\n".join(self.out)).strip("\n")
