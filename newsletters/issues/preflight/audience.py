"""Checks who the mail goes to and comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletters.audience.selectors import audience_waterfall, followers
from newsletters.issues.edition import every_block
from newsletters.issues.preflight.findings import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletters.issues.compilation import Compilation
    from newsletters.issues.preflight.checks import Found


def check_sender(compilation: Compilation) -> Iterator[Found]:
    """The mail comes from somebody."""
    compiled = compilation.compiled
    if not compiled.sender_address:
        yield Level.ERROR, "Sender", "The newsletter has no sender's address; enter one on its page.", ""
    else:
        yield Level.OK, "Sender", f"{compiled.sender_name} <{compiled.sender_address}>", ""


def check_audience(compilation: Compilation) -> Iterator[Found]:
    """Somebody may be written to: everybody counted has a permission with a lawful basis on record."""
    mailing_list = compilation.newsletter.mailing_list
    if mailing_list is None:
        yield Level.ERROR, "Audience", "The newsletter has no mailing list; choose one on its page.", ""
        return
    if mailing_list.closed_at is not None:
        yield Level.ERROR, "Audience", f"The list “{mailing_list}” is closed; choose another.", ""
        return
    waterfall = audience_waterfall(mailing_list, at=compilation.edition.at)
    left_out = "; ".join(f"{step.label.lower()}: {step.count}" for step in waterfall.left_out if step.count)
    detail = f" Left out: {left_out}." if left_out else ""
    if waterfall.mailable:
        people = "person" if waterfall.mailable == 1 else "people"
        message = f"{waterfall.mailable:,} {people} with a permission on record.{detail}"
        yield Level.OK, "Audience", message, ""
    else:
        message = f"Nobody on “{mailing_list}” may be written to; a permission with a lawful basis is needed.{detail}"
        yield Level.ERROR, "Audience", message, ""


def check_followers(compilation: Compilation) -> Iterator[Found]:
    """Sections that only a topic's followers get have readers."""
    for child in every_block(compilation.issue.body):
        topic = child.value["topic"] if child.block_type == "topic_section" else None
        if topic is not None and not followers([topic.pk]).exists():
            yield Level.WARNING, "Topic", f"Nobody follows “{topic}”, so nobody gets this section.", child.id
