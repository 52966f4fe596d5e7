"""Lists as CSV files: bringing people in with an attested permission, and taking a copy out.

Import refuses rather than guesses: every row that is not taken is reported by its line and a reason. It never brings
back who has left, complained, bounced or was erased, and running the same file again changes nothing.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import IO, TYPE_CHECKING

from django.db import transaction
from django.db.models import Prefetch
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from content.topics.models import Topic
from newsletters.audience.addresses import Address, AddressInvalid, parse_address
from newsletters.audience.models import (
    Event,
    Evidence,
    Frequency,
    Ground,
    MailingList,
    State,
    Subscriber,
    Subscription,
    TopicInterest,
    Wording,
)
from newsletters.audience.services import record_permission, record_wording, suppression_reason
from newsletters.audience.services.subscriptions import move_subscription
from newsletters.transport.headers import UnsafeHeader, refuse_control_characters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COLUMNS = ("email", "name", "topics", "frequency", "since")
# About 20 ms a row on SQLite with FULL synchronisation switched on once a batch; a batch stays below a second, so
# that nobody who subscribes meanwhile waits longer than that for the lock.
BATCH = 50
LONGEST_NAME = 120
# Data (Use and Access) Act 2025 s. 114 put reg. 22(3A) into PECR; it came into force on this day and does not reach
# details that were obtained before.
CHARITABLE_FROM = date(2026, 2, 5)
# A spreadsheet runs a cell that starts like this as a formula; the apostrophe tells it not to (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
EXPORT_COLUMNS = (
    "email", "name", "list", "state", "frequency", "topics", "since", "confirmed", "ground", "basis", "suppressed",
)  # fmt: skip


class FileRefused(ValueError):  # noqa: N818 (reads as what it is)
    """The file cannot be read as a list at all; the message says what to do."""


class RowRefused(ValueError):  # noqa: N818 (reads as what it is)
    """One row cannot be taken; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Permission:
    """What whoever imports attests for every row of the file."""

    mailing_list: MailingList
    ground: str
    basis: str
    attestation: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row, read and found good."""

    line: int
    address: Address
    name: str
    topics: tuple[str, ...]
    frequency: str
    since: datetime | None


@dataclass(slots=True)
class Report:
    """What became of each row; `refused` holds line and reason, never an address."""

    added: int = 0
    unchanged: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many rows were dealt with."""
        return self.added + self.unchanged + len(self.refused)

    def reasons(self) -> Counter[str]:
        """How many rows were refused for each reason."""
        return Counter(reason for _, reason in self.refused)


class Import:
    """One run over one file. Interrupted, it can be run again: a batch is a transaction, and what is done stays."""

    def __init__(self, *, permission: Permission, at: datetime, dry_run: bool = False) -> None:
        """Prepare; nothing is read or written yet."""
        self.permission, self.at, self.dry_run = permission, at, dry_run
        self.report = Report()
        self._topics = {topic.slug: topic for topic in Topic.objects.all()}
        self._seen: set[str] = set()
        self._wording: Wording | None = None

    def run(self, file: IO[str], *, progress: Callable[[Report], None] | None = None) -> Report:
        """Bring the people of a CSV file onto the list; `progress` is called after each batch.

        Raises:
            FileRefused: no header, no "email" column, a column that is not known, not UTF-8, or not CSV.
        """
        if not self.dry_run:
            self._wording = record_wording(kind=Wording.Kind.IMPORT, text=self.permission.attestation)
        batch: list[Row] = []
        for line, cells in _rows(file):
            row = self._read(line, cells)
            if row is not None:
                batch.append(row)
            if len(batch) >= BATCH:
                self._take_batch(batch)
                batch = []
                if progress is not None:
                    progress(self.report)
        self._take_batch(batch)
        self.report.refused.sort()
        return self.report

    def _read(self, line: int, cells: dict[str, str]) -> Row | None:
        """The row, or None when it is refused, which the report then says."""
        try:
            row = _read(line, cells, self._topics, self.at)
        except RowRefused as error:
            self.report.refused.append((line, str(error)))
            return None
        if row.address.canonical in self._seen:
            self.report.refused.append((line, "the address stands in the file twice"))
            return None
        reason = _ground_refusal(self.permission.ground, row.since)
        if reason:
            self.report.refused.append((line, reason))
            return None
        self._seen.add(row.address.canonical)
        return row

    def _take_batch(self, batch: list[Row]) -> None:
        with transaction.atomic():
            outcomes = [_take(row, self.permission, self._wording, self._topics, self.at) for row in batch]
            if self.dry_run:
                transaction.set_rollback(True)
        # Counted only now: a batch that fails as a whole has changed nothing.
        for row, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, str):
                self.report.refused.append((row.line, outcome))
            elif outcome:
                self.report.added += 1
            else:
                self.report.unchanged += 1


def export_rows(*, mailing_list: MailingList | None = None, state: str | None = None) -> Iterator[list[str]]:
    """The header and one row a subscription, as text that a spreadsheet does not run."""
    yield list(EXPORT_COLUMNS)
    subscriptions = Subscription.objects.select_related("subscriber", "mailing_list", "permission").prefetch_related(
        Prefetch("subscriber__topics", Topic.objects.order_by("slug"))
    )
    if mailing_list is not None:
        subscriptions = subscriptions.filter(mailing_list=mailing_list)
    if state is not None:
        subscriptions = subscriptions.filter(state=state)
    for subscription in subscriptions.order_by("mailing_list__slug", "subscriber__canonical").iterator(chunk_size=500):
        subscriber, permission = subscription.subscriber, subscription.permission
        cells = (
            subscriber.email,
            subscriber.name,
            subscription.mailing_list.slug,
            subscription.state,
            subscriber.frequency,
            ";".join(topic.slug for topic in subscriber.topics.all()),
            subscription.requested_at.isoformat(),
            subscription.confirmed_at.isoformat() if subscription.confirmed_at else "",
            permission.ground if permission else "",
            permission.basis if permission else "",
            subscriber.suppressed_at.isoformat() if subscriber.suppressed_at else "",
        )
        yield [f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell for cell in cells]


def _rows(file: IO[str]) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(file, strict=True)
    try:
        header = [(name or "").strip().lower() for name in reader.fieldnames or []]
        if "email" not in header:
            raise FileRefused("The first line must name the columns, one of them 'email'.")
        unknown = sorted(set(header) - set(COLUMNS))
        if unknown:
            raise FileRefused(f"Unknown columns: {', '.join(unknown)}. Known are {', '.join(COLUMNS)}.")
        reader.fieldnames = header
        for cells in reader:
            yield reader.line_num, cells
    except UnicodeDecodeError as error:
        raise FileRefused("The file is not UTF-8. In a spreadsheet, save it as 'CSV UTF-8'.") from error
    except csv.Error as error:
        raise FileRefused(f"Line {reader.line_num}: not a CSV file ({error}).") from error


def _read(line: int, cells: dict[str, str], topics: dict[str, Topic], at: datetime) -> Row:
    if None in cells:
        raise RowRefused("more cells than columns")
    text = {name: (cells.get(name) or "").strip() for name in COLUMNS}
    try:
        address = parse_address(text["email"])
        refuse_control_characters(text["name"])
    except AddressInvalid as error:
        raise RowRefused(f"no valid address: {error}") from error
    except UnsafeHeader as error:
        raise RowRefused("the name holds a line break or a control character") from error
    if len(text["name"]) > LONGEST_NAME:
        raise RowRefused(f"the name is longer than {LONGEST_NAME} characters")
    wanted = tuple(slug.strip() for slug in text["topics"].split(";") if slug.strip())
    missing = [slug for slug in wanted if slug not in topics]
    if missing:
        raise RowRefused(f"unknown topics: {', '.join(missing)}")
    if text["frequency"] and text["frequency"] not in Frequency.values:
        raise RowRefused(f"unknown frequency; it must be one of {', '.join(Frequency.values)}")
    return Row(line, address, text["name"], wanted, text["frequency"], _since(text["since"], at))


def _ground_refusal(ground: str, since: datetime | None) -> str:
    """Why the ground cannot hold for details obtained at `since`, or ''."""
    if ground != Ground.CHARITABLE_SOFT_OPT_IN:
        return ""
    if since is None:
        return "the charitable soft opt-in needs 'since', the day the details were obtained"
    if timezone.localdate(since) < CHARITABLE_FROM:
        return f"the charitable soft opt-in holds only for details obtained from {CHARITABLE_FROM:%-d %B %Y}"
    return ""


def _since(text: str, at: datetime) -> datetime | None:
    """When the permission was given, if the file says so: a date or an ISO moment, not in the future."""
    if not text:
        return None
    try:
        moment: datetime | date | None = parse_datetime(text) or parse_date(text)
    except ValueError:
        moment = None
    if moment is None:
        raise RowRefused("'since' must be a date like 2025-04-30")
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    if timezone.is_naive(moment):
        moment = timezone.make_aware(moment)
    if moment > at:
        raise RowRefused("'since' lies in the future")
    return moment


def _take(
    row: Row, permission: Permission, wording: Wording | None, topics: dict[str, Topic], at: datetime
) -> bool | str:
    """Put one person on the list; True if that changed something, False if not, or the reason why not."""
    reason = suppression_reason(canonical=row.address.canonical)
    if reason is not None:
        return f"suppressed: {reason.label.lower()}"
    subscriber, _ = Subscriber.objects.select_for_update().get_or_create(
        canonical=row.address.canonical, defaults={"email": row.address.email, "frequency": row.frequency or "every"}
    )
    subscription = Subscription.objects.filter(subscriber=subscriber, mailing_list=permission.mailing_list).first()
    if subscription is not None and subscription.state == State.ACTIVE:
        return False
    if subscription is not None and subscription.state != State.PENDING:
        return f"has left this list: {subscription.get_state_display().lower()}"
    given_at = row.since or at
    record = record_permission(
        subscriber=subscriber,
        mailing_list=permission.mailing_list,
        event=Event.IMPORTED,
        at=given_at,
        ground=permission.ground,
        basis=permission.basis,
        wording=wording,
        evidence=Evidence.ATTESTED,
        attestation=permission.attestation,
    )
    if subscription is None:
        subscription = Subscription.objects.create(
            subscriber=subscriber, mailing_list=permission.mailing_list, requested_at=given_at
        )
    move_subscription(subscription=subscription, to=State.ACTIVE, at=given_at, permission=record)
    _complete(subscriber, row, topics, at)
    return True


def _complete(subscriber: Subscriber, row: Row, topics: dict[str, Topic], at: datetime) -> None:
    """Fill what is not known yet; what the person has chosen here counts for more than a file."""
    if subscriber.confirmed_at is None:
        subscriber.confirmed_at = row.since or at
        subscriber.name = subscriber.name or row.name
        subscriber.frequency = row.frequency or subscriber.frequency
        subscriber.save(update_fields=["confirmed_at", "name", "frequency"])
        TopicInterest.objects.bulk_create(
            [TopicInterest(subscriber=subscriber, topic=topics[slug]) for slug in row.topics], ignore_conflicts=True
        )
