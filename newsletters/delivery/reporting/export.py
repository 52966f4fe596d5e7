"""Files to take away, for a spreadsheet."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Final

from newsletters.audience.spreadsheets import FORMULA_STARTS
from newsletters.delivery.models import Receipt, Recipient
from newsletters.delivery.reporting.figures import counted_links, mailing_figures, returned_counts
from newsletters.delivery.states import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletters.delivery.models import Mailing

BATCH: Final = 2_000
RECIPIENT_COLUMNS: Final = ("number", "address", "outcome", "attempts", "code", "answer", "at")


class _Echo:
    """A file that gives back what is written to it, so that a long table is never whole in memory."""

    def write(self, line: str) -> str:
        """Return the line."""
        return line


def safe_cell(value: Any) -> str:
    """Return a cell that no spreadsheet runs as a formula, whatever a server answered (OWASP, CSV injection)."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


def recipient_lines(mailing: Mailing) -> Iterator[str]:
    """Yield who got a mailing as lines of CSV, in slices, so that a million rows take no more memory than a few."""
    writer = csv.writer(_Echo())
    yield writer.writerow(RECIPIENT_COLUMNS)
    for row in _recipients(mailing):
        yield writer.writerow([safe_cell(cell) for cell in row])


def _recipients(mailing: Mailing) -> Iterator[tuple[Any, ...]]:
    """A mailing that is being compacted has its first rows in one table and the rest in the other."""
    after = 0
    while slice_ := list(
        Receipt.objects.filter(mailing=mailing, number__gt=after)
        .order_by("number")
        .values_list("number", "state", "done_at")[:BATCH]
    ):
        for number, state, done_at in slice_:
            yield number, "", Outcome(state).label, "", "", "", _moment(done_at)
        after = slice_[-1][0]
    while rest := list(
        Recipient.objects.filter(mailing=mailing, number__gt=after)
        .order_by("number")
        .values_list("number", "address", "state", "attempts", "smtp_code", "smtp_text", "done_at")[:BATCH]
    ):
        for number, address, state, attempts, code, text, done_at in rest:
            yield number, address, Outcome(state).label, attempts, code, text, _moment(done_at)
        after = rest[-1][0]


def figure_lines(mailing: Mailing) -> Iterator[str]:
    """Yield a report's figures as lines of CSV; they name nobody."""
    figures = mailing_figures(mailing)
    writer = csv.writer(_Echo())
    rows: list[tuple[Any, ...]] = [("section", "what", "figure")]
    rows += [("who gets it", label, number) for _, label, number in mailing.waterfall]
    rows += [("outcomes", words, number) for words, number in figures.counts.as_figures().items()]
    for each in figures.domains:
        rows += [(f"domain {each.domain}", name, getattr(each, name))
                 for name in ("total", "accepted", "deferred", "rejected", "unknown")]  # fmt: skip
    rows += [("rejected", f"{reason.code or ''} {reason.text}".strip(), reason.count) for reason in figures.reasons]
    rows += [("left the list", name, getattr(figures.losses, name))
             for name in ("unsubscribed", "bounced", "complained")]  # fmt: skip
    rows += [("came back", label, count) for label, count in returned_counts(mailing)]
    rows += [("clicks", link.target, link.clicks) for link in counted_links(mailing)]
    for row in rows:
        yield writer.writerow([safe_cell(cell) for cell in row])


def _moment(at: Any) -> str:
    return at.isoformat(timespec="seconds") if at else ""
