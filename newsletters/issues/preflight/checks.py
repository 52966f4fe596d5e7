"""The checks that look at the issue itself: words, sizes, merge fields, pictures, headings, colours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from newsletters.issues.compiled import FIELDS, SectionEnd, SectionStart, Static, Token
from newsletters.issues.edition import every_block
from newsletters.issues.identity import contrast
from newsletters.issues.merging import BRACES
from newsletters.issues.preflight.findings import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletters.issues.compilation import Compilation
    from newsletters.issues.compiled import Parts
    from newsletters.issues.preflight.reading import MailDocument

GMAIL_LIMIT: Final = 102_400
"""Bytes of HTML after which Gmail cuts a mail off, and its unsubscribe link with it."""
NEARLY: Final = 0.9
LONGEST_SUBJECT: Final = 60
"""Characters of a subject that most inboxes show."""
LONGEST_PREHEADER: Final = 110
LEAST_CONTRAST: Final = 4.5
LEAST_CONTRAST_LARGE: Final = 3.0
"""WCAG 2.2 SC 1.4.3; large is 24 px, or 18.66 px bold."""
LARGE_PX: Final = 24.0
LARGE_BOLD_PX: Final = 18.66

FILE_NAME: Final = re.compile(
    r"(?:^|\s)\S+\.(?:png|jpe?g|gif|webp|svg|tiff?|bmp|heic|pdf)\s*$"
    r"|^(?:img|dscn?|image|photo|picture|screen ?shot|artboard|untitled|scan)[\s_-]*\d*(?:\s*(?:copy|final).*)?$"
    r"|^[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+){2,}$",
    re.IGNORECASE,
)
"""Alternative texts that are a file's name: "IMG_2041", "Artboard 101 copy", "team-photo-final-2"."""

Found = tuple[Level, str, str, str]
"""Level, check, message, block id."""


def check_subject(compilation: Compilation) -> Iterator[Found]:
    """Subject and preheader: there, of a length that inboxes show, and not the same words twice."""
    subject, preheader = _plain(compilation.compiled.subject), _plain(compilation.compiled.preheader)
    if not subject:
        yield Level.ERROR, "Subject", "There is no subject; write one.", ""
    elif len(subject) > LONGEST_SUBJECT:
        message = f"{len(subject)} characters, of which most inboxes show {LONGEST_SUBJECT}; put what counts first."
        yield Level.WARNING, "Subject", message, ""
    else:
        yield Level.OK, "Subject", f"{len(subject)} characters.", ""
    if not preheader:
        message = "There is none, so inboxes show whatever comes first in the mail; write a line."
        yield Level.WARNING, "Preheader", message, ""
    elif preheader.casefold() == subject.casefold():
        yield Level.WARNING, "Preheader", "It repeats the subject; say something more.", ""
    elif len(preheader) > LONGEST_PREHEADER:
        message = f"{len(preheader)} characters, of which inboxes show at most {LONGEST_PREHEADER}."
        yield Level.WARNING, "Preheader", message, ""
    else:
        yield Level.OK, "Preheader", f"{len(preheader)} characters.", ""


def check_fields(compilation: Compilation) -> Iterator[Found]:
    """Merge fields: none unknown or broken, none where it cannot be escaped for, the required links there."""
    faults = 0
    for block_id, left in _left_over(compilation):
        faults += 1
        known = ", ".join(f"{{{{{name}}}}}" for name in FIELDS)
        yield Level.ERROR, "Merge fields", f"“{left}” is no merge field; there are {known}.", block_id
    for name in _in_attributes(compilation.compiled.html):
        faults += 1
        yield Level.ERROR, "Merge fields", f"{{{{{name}}}}} stands in an address; it can only stand in text.", ""
    used = compilation.compiled.field_names
    for name, label in (("unsubscribe_url", "Unsubscribe link"), ("preferences_url", "Preferences link")):
        for parts, where in ((compilation.compiled.html, "mail"), (compilation.compiled.text, "text part")):
            if not _has_field(parts, name):
                yield Level.ERROR, label, f"The {where} has none outside topic sections; the frame's foot should.", ""
                break
        else:
            yield Level.OK, label, "In the mail and in its text part.", ""
    web = compilation.compiled.archive_url
    if all(web in _plain(parts) for parts in (compilation.compiled.html, compilation.compiled.text)):
        yield Level.OK, "Web version", "Linked in the mail and in its text part.", ""
    else:
        yield Level.ERROR, "Web version", "The mail does not link to its web version; the frame's head should.", ""
    if not faults:
        yield Level.OK, "Merge fields", f"{len(used)} in use, all known.", ""


def check_size(compilation: Compilation) -> Iterator[Found]:
    """The size with every section and the longest merge values, against Gmail's limit."""
    size = longest_size(compilation.compiled.html)
    costs = sorted(compilation.compiled.blocks, key=lambda cost: -cost.size)[:3]
    most = ", ".join(f"{cost.label} {cost.size:,}" for cost in costs if cost.size)
    message = f"{size:,} bytes of HTML with the longest merge; Gmail cuts off after {GMAIL_LIMIT:,}."
    if size > GMAIL_LIMIT:
        yield Level.ERROR, "Size", f"{message} Take something out; most cost: {most}.", ""
    elif size > NEARLY * GMAIL_LIMIT:
        yield Level.WARNING, "Size", f"{message} Most cost: {most}.", ""
    else:
        yield Level.OK, "Size", message, ""


def longest_size(parts: Parts) -> int:
    """Bytes of UTF-8 of the longest mail these parts can become; a letter of a name is taken as 4 bytes."""
    size = 0
    for part in parts:
        if isinstance(part, Static):
            size += len(part.text.encode())
        elif isinstance(part, Token):
            field = FIELDS[part.name]
            size += max(field.longest * (1 if field.is_url else 4), len(part.default.encode()))
    return size


def check_text(compilation: Compilation) -> Iterator[Found]:
    """The text part says something beyond its frame."""
    words = sum(len(part.text.split()) for part in compilation.compiled.text if isinstance(part, Static))
    empty = not any(compilation.issue.body)
    if empty:
        yield Level.ERROR, "Content", "The issue has no blocks; add what it should say.", ""
    elif not any(cost.size for cost in compilation.compiled.blocks):
        yield Level.ERROR, "Content", "None of the blocks shows anything; see what each says below.", ""
    else:
        yield Level.OK, "Text part", f"{words:,} words.", ""


def check_blocks(compilation: Compilation) -> Iterator[Found]:
    """Pages and vacancies that are left out, sections nobody follows, blocks that show nothing."""
    silent = {cost.block_id for cost in compilation.compiled.blocks if _shows_nothing(compilation, cost.block_id)}
    for left in compilation.edition.left_out:
        level = Level.WARNING if left.closed else Level.ERROR
        yield level, "Vacancies" if left.closed else "Pages", f"{left}.", left.block_id
    named = {left.block_id for left in compilation.edition.left_out}
    for child in every_block(compilation.issue.body):
        if child.block_type == "topic_section" and child.value["topic"] is None:
            yield Level.ERROR, "Topic", "The section's topic was deleted; choose another or take it out.", child.id
        elif child.id in silent and child.id not in named:
            message = "Shows nothing in the mail: what it points at is not published, or it is empty; take it out."
            yield Level.WARNING if child.block_type == "vacancies" else Level.ERROR, "Content", message, child.id


def check_pictures(document: MailDocument) -> Iterator[Found]:
    """Every picture has an alternative text that is one, or is marked as saying nothing (WCAG 2.2 SC 1.1.1)."""
    good = True
    for picture in document.pictures:
        if picture.alt is None:
            good = False
            yield Level.ERROR, "Alternative texts", f"{_tail(picture.src)} has none.", picture.block_id
        elif FILE_NAME.search(picture.alt.strip()):
            good = False
            message = f"“{picture.alt}” is a file's name; say what the picture shows, or mark it as decorative."
            yield Level.ERROR, "Alternative texts", message, picture.block_id
    if good:
        yield Level.OK, "Alternative texts", f"{len(document.pictures)} pictures, all with one or decorative.", ""


def check_headings(document: MailDocument) -> Iterator[Found]:
    """One title, then headings that skip no level (WCAG 2.2 SC 1.3.1)."""
    good = True
    level = 0
    for heading in document.headings:
        if heading.level > level + 1:
            good = False
            message = f"“{heading.text.strip()[:60]}” is on level {heading.level} under level {level}; put one between."
            yield Level.WARNING, "Headings", message, heading.block_id
        if not heading.text.strip():
            good = False
            yield Level.WARNING, "Headings", "A heading without words; write some or take it out.", heading.block_id
        level = heading.level
    if sum(heading.level == 1 for heading in document.headings) != 1:
        good = False
        yield Level.WARNING, "Headings", "A mail has one title, on level 1.", ""
    if good:
        yield Level.OK, "Headings", f"{len(document.headings)}, none skips a level.", ""


def check_contrast(document: MailDocument) -> Iterator[Found]:
    """Words stand out from what is behind them (WCAG 2.2 SC 1.4.3)."""
    seen: set[tuple[str, str, str, float]] = set()
    lowest = 21.0
    for words in document.words:
        ratio = contrast(words.colour, words.background)
        large = words.size >= LARGE_PX or (words.bold and words.size >= LARGE_BOLD_PX)
        least = LEAST_CONTRAST_LARGE if large else LEAST_CONTRAST
        lowest = min(lowest, ratio)
        key = (words.colour, words.background, words.block_id, least)
        if ratio < least and key not in seen:
            seen.add(key)
            message = (
                f"“{words.text[:40]}” in {words.colour} on {words.background} has {ratio:.1f}:1; "
                f"it needs {least:g}:1, so choose another colour."
            )
            yield Level.ERROR, "Contrast", message, words.block_id
    if not seen:
        yield Level.OK, "Contrast", f"{lowest:.1f}:1 at least.", ""


def check_address(compilation: Compilation) -> Iterator[Found]:
    """The postal address stands in the mail: PECR reg. 23 wants a valid address to answer to."""
    if compilation.newsletter.address_lines:
        yield Level.OK, "Postal address", ", ".join(compilation.newsletter.address_lines), ""
    else:
        message = "There is none; enter it on the newsletter's page or in Settings, Organisation."
        yield Level.ERROR, "Postal address", message, ""


def _plain(parts: Parts) -> str:
    return "".join(
        part.text if isinstance(part, Static) else part.default if isinstance(part, Token) else "" for part in parts
    ).strip()


def _has_field(parts: Parts, name: str) -> bool:
    """Whether everybody gets the field: it stands outside every section."""
    inside = False
    for part in parts:
        if isinstance(part, SectionStart):
            inside = True
        elif isinstance(part, SectionEnd):
            inside = False
        elif isinstance(part, Token) and part.name == name and not inside:
            return True
    return False


def _left_over(compilation: Compilation) -> Iterator[tuple[str, str]]:
    """What is left of merge fields that were not understood, with the block; style sheets have braces of their own."""
    composition = compilation.composition
    for text in (composition.subject, composition.preheader):
        if match := BRACES.search(text):
            yield "", match[0]
    seen = set()
    source = re.sub(
        r"<mj-style\b.*?</mj-style>", lambda match: "\n" * match[0].count("\n"), composition.mjml, flags=re.DOTALL
    )
    for match in BRACES.finditer(source):
        block_id = composition.marks.block_at_line(source, source.count("\n", 0, match.start()) + 1)
        left = " ".join(re.sub(r"<[^>]*>?|&[a-z#0-9]+;", " ", match[0]).split())
        if (block_id, left) not in seen:
            seen.add((block_id, left))
            yield block_id, left


def _in_attributes(parts: Parts) -> Iterator[str]:
    """Fields other than links that stand in an address."""
    before = ""
    for part in parts:
        if isinstance(part, Static):
            before = part.text
        elif (
            isinstance(part, Token) and not FIELDS[part.name].is_url and re.search(r"\b(?:href|src)=\"[^\"]*$", before)
        ):
            yield part.name


def _shows_nothing(compilation: Compilation, block_id: str) -> bool:
    return any(cost.block_id == block_id and cost.size == 0 for cost in compilation.compiled.blocks)


def _tail(address: str) -> str:
    return address.rsplit("/", 1)[-1][:60] or "a picture"
