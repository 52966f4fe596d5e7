"""Runs every check and sorts what they find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wagtail.blocks import StructValue

from newsletters.issues.compilation import BlockFault, IssueIncomplete, compile_with_marks
from newsletters.issues.edition import every_block
from newsletters.issues.preflight import audience, checks
from newsletters.issues.preflight.findings import Finding, Level, Report
from newsletters.issues.preflight.links import check_links
from newsletters.issues.preflight.reading import read_mail
from newsletters.issues.registry import registry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from wagtail.blocks import BoundBlock

    from newsletters.issues.compilation import Compilation
    from newsletters.issues.models import IssuePage
    from newsletters.issues.preflight.checks import Found


def preflight_issue(*, issue: IssuePage, at: datetime | None = None, ask_outside: bool = False) -> Report:
    """Check an issue as it is in memory; nothing is written.

    `ask_outside` asks the addresses elsewhere whether they answer, which takes up to 20 seconds.
    """
    labels = {child.id: _label(child) for child in every_block(issue.body)}
    try:
        compilation = compile_with_marks(issue, at)
    except IssueIncomplete as error:
        return _report([(Level.ERROR, "Newsletter", str(error), "")], labels)
    except BlockFault as error:
        return _report([(Level.ERROR, "MJML", fault.message, block_id) for block_id, fault in error.by_block], labels)
    report = _report(_found(compilation, ask_outside=ask_outside), labels)
    report.compiled = compilation.compiled
    return report


def _found(compilation: Compilation, *, ask_outside: bool) -> Iterator[Found]:
    document = read_mail(compilation.marked_html, compilation.composition.marks)
    yield from checks.check_subject(compilation)
    yield from checks.check_text(compilation)
    yield from checks.check_blocks(compilation)
    yield from checks.check_fields(compilation)
    yield from check_links(compilation, document, ask_outside=ask_outside)
    yield from checks.check_pictures(document)
    yield from checks.check_headings(document)
    yield from checks.check_contrast(document)
    yield from checks.check_size(compilation)
    yield from checks.check_address(compilation)
    yield from audience.check_sender(compilation)
    yield from audience.check_audience(compilation)
    yield from audience.check_followers(compilation)
    for check in registry.checks:
        for level, name, message in check(issue=compilation.issue, compiled=compilation.compiled):
            yield Level(level), name, message, ""


def _report(found: Iterable[Found], labels: dict[str, str]) -> Report:
    findings = [
        Finding(level, check, message, block_id, labels.get(block_id, "")) for level, check, message, block_id in found
    ]
    return Report(sorted(findings, key=lambda finding: finding.level.order))


def _label(child: BoundBlock) -> str:
    title = child.value.get("title") if isinstance(child.value, StructValue) else None
    label = str(child.block.label)
    return f"{label}: {title}" if title else label
