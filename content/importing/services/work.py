"""One item on its way into the database, and the batch that it is written in."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from content.importing.findings import Finding, What
from content.importing.models import ImportedItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

    from content.importing.bodies import Body
    from content.importing.plan import Planned

PAGES_A_BATCH = 20
"""So that a transaction stays far under a second on SQLite, where it keeps every other writer waiting."""


@dataclass(slots=True)
class Work:
    """What was done about one item. `keep_digest` says that the file's change was not taken over."""

    item: Planned
    body: Body | None = None
    object_id: int = 0
    fingerprint: str = ""
    state: str = ""
    findings: list[Finding] = field(default_factory=list)
    keep_digest: bool = False

    def row(self, *, source: str, digest: str, former: ImportedItem | None) -> ImportedItem:
        """The row that remembers it; of a change not taken over, the former digest, so that it is told again."""
        kept = former if self.keep_digest else None
        findings = [*(self.body.findings if self.body else []), *self.findings]
        return ImportedItem(
            source=source,
            path=self.item.path,
            digest=kept.digest if kept else digest,
            kind=kept.kind if kept else self.item.kind,
            object_id=self.object_id or (former.object_id if former else 0),
            fingerprint=self.fingerprint,
            waiting=self.body.waiting if self.body and not kept else [],
            outcome={
                "findings": [[finding.what.name, finding.message, finding.line] for finding in findings],
                "figures": self.body.figures if self.body else {},
            },
            imported_at=timezone.now(),
        )


class Batch:
    """One transaction: what is done in it and the rows that remember it are written together, or not at all.

    In a dry run there is no transaction. `seconds` is how long it kept others from writing: until its commit,
    without what is done after that.
    """

    def __init__(self, record: Callable[[list[Work]], None], *, dry_run: bool) -> None:
        self.record, self.done = record, list[Work]()
        self.atomic = None if dry_run else transaction.atomic()
        self.started = self.seconds = 0.0

    def __enter__(self) -> list[Work]:
        """Begin the transaction; return the list to put the work in."""
        self.started = time.monotonic()
        if self.atomic is not None:
            self.atomic.__enter__()
            transaction.on_commit(self.stop)
        return self.done

    def stop(self) -> None:
        """Note the moment of the commit."""
        self.seconds = time.monotonic() - self.started

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the rows and commit; after an error, roll back."""
        if error is None:
            self.record(self.done)
        if self.atomic is not None:
            self.atomic.__exit__(kind, error, trace)


def write_rows(rows: list[ImportedItem]) -> None:
    """Write what is remembered: one statement."""
    ImportedItem.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["source", "path"],
        update_fields=["digest", "kind", "object_id", "fingerprint", "waiting", "outcome", "imported_at"],
    )


def findings_of(record: ImportedItem | None) -> list[Finding]:
    """The findings that a row remembers."""
    found = record.outcome.get("findings", []) if record else []
    return [Finding(What[name], message, line) for name, message, line in found]


def batches(items: Iterable[Planned], size: int = PAGES_A_BATCH) -> Iterator[list[Planned]]:
    """Items by the batch."""
    all_of_them = list(items)
    for start in range(0, len(all_of_them), size):
        yield all_of_them[start : start + size]
