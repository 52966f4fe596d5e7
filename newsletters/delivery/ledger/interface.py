"""What a sender may do to the ledger, and the parts of it that are the same in every database.

Time is always the database's, so that a clock set back on one machine can neither free a living sender's recipients
nor keep a dead one's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from django.db import connection, transaction

from newsletters.audience.models import Subscription
from newsletters.audience.models.permission import GRANTING
from newsletters.delivery.models import CHUNK_SIZE
from newsletters.delivery.states import ChunkState, MailingState, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

TEXT_LENGTH: Final = 200
"""Characters kept of a server's answer."""


class Place(NamedTuple):
    """A recipient as a sender needs it."""

    number: int
    subscriber_id: int
    address: str
    merge: dict[str, Any]
    attempts: int


class Result(NamedTuple):
    """What became of one recipient; `retry_in` (seconds) belongs to a deferral."""

    number: int
    state: Outcome
    code: int | None = None
    text: str = ""
    retry_in: int = 0


@dataclass(frozen=True, slots=True)
class ClaimedChunk:
    """A chunk this sender holds, with those of its recipients that are still to be sent; there may be none left."""

    number: int
    places: list[Place]


class Answer(Enum):
    """What the ledger says to a sender that reports."""

    GO_ON = "go on"
    STOP = "stop"
    DEAD = "dead"
    """The lease ran out: others have been told that this sender's recipients are unknown. Not one body more."""


COUNTED: Final = {
    "accepted": Outcome.ACCEPTED,
    "deferred": Outcome.DEFERRED,
    "rejected": Outcome.REJECTED,
    "unknown": Outcome.UNKNOWN,
    "suppressed": Outcome.SUPPRESSED,
    "closed": Outcome.CLOSED,
}

COUNT_CHUNK: Final = f"""
UPDATE delivery_chunk SET {", ".join(f"{name} = c.{name}" for name in COUNTED)}, sender_id = NULL, lane = %s,
       state = CASE WHEN c.pending > 0 THEN {ChunkState.FREE.value} ELSE {ChunkState.DONE.value} END
  FROM (SELECT count(*) FILTER (WHERE r.state = {Outcome.PENDING.value}) AS pending,
               {", ".join(f"count(*) FILTER (WHERE r.state = {o.value}) AS {name}" for name, o in COUNTED.items())}
          FROM delivery_recipient r WHERE r.mailing_id = %s AND r.number > %s AND r.number <= %s) c
 WHERE mailing_id = %s AND number = %s
"""
"""Put a chunk down: count its outcomes, and leave it free when somebody in it is still to be sent."""


def permitted_subscriptions(mailing_list_id: int) -> QuerySet[Subscription]:
    """The subscriptions that may be mailed; how often a person wants mail has had its say when the audience froze."""
    return (
        Subscription.objects.filter(mailing_list_id=mailing_list_id, permission__event__in=GRANTING)
        .mailable()
        .order_by()
    )


class Ledger(ABC):
    """One mailing's ledger."""

    now: ClassVar[str]
    """SQL for the database's clock."""
    lock: ClassVar[str] = ""
    """SQL that locks the selected rows and passes over those that others have locked."""

    def __init__(self, *, mailing_id: int, mailing_list_id: int) -> None:
        """Take the mailing by number: senders hold no model instance."""
        self.mailing_id = mailing_id
        self.mailing_list_id = mailing_list_id

    # Senders

    def open_sender(self, *, lease: int, limit: int, worker: str = "") -> int | None:
        """Register a new sender and return its id; None where the mailing is not sending or has senders enough."""
        with transaction.atomic():
            state = self._one(f"SELECT state FROM delivery_mailing WHERE id = %s {self._row_lock()}", self.mailing_id)
            running = self._one("SELECT count(*) FROM delivery_sender WHERE mailing_id = %s", self.mailing_id)
            if state != MailingState.SENDING or running >= limit:
                return None
            return int(
                self._one(
                    "INSERT INTO delivery_sender (mailing_id, lease_until, on_wire, worker, stop, started_at)"
                    f" VALUES (%s, {self.later(lease)}, %s, %s, {self.false}, {self.now}) RETURNING id",
                    self.mailing_id,
                    self.numbers([]),
                    worker,
                )
            )

    @abstractmethod
    def claim_chunk(self, sender: int, *, lanes: Sequence[str]) -> ClaimedChunk | None:
        """Take the first free chunk of these lanes; None when there is none."""

    @abstractmethod
    def pump(self, sender: int, *, on_wire: Sequence[int], results: Sequence[Result], lease: int) -> Answer:
        """Commit, in one statement, what came out and who may be on the wire from now on, and renew the lease.

        A message's body goes out only after the pump that names its recipient has committed. Pumping the same twice
        does no harm, so a pump whose answer was lost is repeated.
        """

    def allowed(self, subscriber_ids: Sequence[int]) -> set[int]:
        """Return which of these subscribers this list may mail at this moment."""
        return set(
            permitted_subscriptions(self.mailing_list_id)
            .filter(subscriber_id__in=subscriber_ids)
            .values_list("subscriber_id", flat=True)
        )

    def put_down_chunk(self, sender: int, number: int, *, lane: str = "") -> None:
        """Give a chunk back, done or not, with its outcomes counted."""
        self._count(number, f"{COUNT_CHUNK} AND sender_id = %s", sender, lane=lane)

    def open_lanes(self, domains: Sequence[str]) -> None:
        """Let chunks out of the lanes of domains that have no limit any more."""
        marks = "".join(", %s" for _ in domains)
        self._run(
            "UPDATE delivery_chunk SET lane = '' WHERE mailing_id = %s"
            f" AND state = {ChunkState.FREE.value} AND lane NOT IN ('', '*'{marks})",
            self.mailing_id, *domains,
        )  # fmt: skip

    def close_sender(self, sender: int) -> None:
        """End in order: nobody is on the wire, and what this sender still holds goes back."""
        with transaction.atomic():
            self._take_back_chunks(sender)
            self._run("DELETE FROM delivery_sender WHERE id = %s", sender)

    def stop_senders(self) -> None:
        """Ask all senders to stop; they notice at their next pump, within a second."""
        self._run(f"UPDATE delivery_sender SET stop = {self.true} WHERE mailing_id = %s", self.mailing_id)

    def bury_expired_senders(self) -> tuple[int, int]:
        """Declare senders dead whose lease is over: who was on the wire is unknown, all others go back.

        Returns how many senders there were, and how many recipients became unknown.
        """
        with transaction.atomic():
            dead = self._all(
                "SELECT id, on_wire FROM delivery_sender"
                f" WHERE mailing_id = %s AND lease_until <= {self.now} {self.lock}",
                self.mailing_id,
            )
            unknown = 0
            for sender, on_wire in dead:
                for number in self.as_numbers(on_wire):
                    unknown += self._run(
                        f"UPDATE delivery_recipient SET state = {Outcome.UNKNOWN.value}, attempts = attempts + 1,"
                        f" smtp_text = %s, done_at = {self.now}"
                        f" WHERE mailing_id = %s AND number = %s AND state = {Outcome.PENDING.value}",
                        "The sender died while this message was on the wire.", self.mailing_id, number,
                    )  # fmt: skip
                self._take_back_chunks(sender)
                self._run("DELETE FROM delivery_sender WHERE id = %s", sender)
        return len(dead), unknown

    # Retries and decisions

    def reopen_due_deferrals(self, *, limit: int = 2_000) -> int:
        """Make deferred recipients pending again whose time has come; their chunks become free.

        Chunks that a sender holds are left for the next sweep: its rows have been read already. Locking the chunk
        first keeps a sender from taking it in between.
        """
        with transaction.atomic():
            due = [
                number
                for (number,) in self._all(
                    f"SELECT number FROM delivery_deferral WHERE mailing_id = %s AND due_at <= {self.now}"
                    f" ORDER BY due_at LIMIT {limit}",
                    self.mailing_id,
                )
            ]
            return self._make_pending(due, before=Outcome.DEFERRED) if due else 0

    def resend(self, numbers: Sequence[int]) -> int:
        """Make unknown recipients pending again, because somebody decided that a second copy is the lesser evil."""
        with transaction.atomic():
            return self._make_pending(numbers, before=Outcome.UNKNOWN)

    def close_unknown(self, numbers: Sequence[int]) -> int:
        """Note that nothing more will be done about these; returns how many there were."""
        with transaction.atomic():
            chunks = self._lock_chunks(numbers)
            closed = sum(
                self._run(
                    f"UPDATE delivery_recipient SET state = {Outcome.CLOSED.value} WHERE mailing_id = %s"
                    f" AND number = %s AND state = {Outcome.UNKNOWN.value}",
                    self.mailing_id, number,
                )
                for number in numbers
                if (number - 1) // CHUNK_SIZE in chunks
            )  # fmt: skip
            self._recount(chunks)
            return closed

    def _make_pending(self, numbers: Sequence[int], *, before: Outcome) -> int:
        chunks = self._lock_chunks(numbers)
        moved = 0
        for number in numbers:
            if (number - 1) // CHUNK_SIZE not in chunks:
                continue
            moved += self._run(
                f"UPDATE delivery_recipient SET state = {Outcome.PENDING.value}"
                " WHERE mailing_id = %s AND number = %s AND state = %s",
                self.mailing_id, number, before.value,
            )  # fmt: skip
            self._run("DELETE FROM delivery_deferral WHERE mailing_id = %s AND number = %s", self.mailing_id, number)
        self._recount(chunks)
        return moved

    def _lock_chunks(self, numbers: Sequence[int]) -> set[int]:
        wanted = sorted({(number - 1) // CHUNK_SIZE for number in numbers})
        if not wanted:
            return set()
        marks = ", ".join(["%s"] * len(wanted))
        rows = self._all(
            f"SELECT number FROM delivery_chunk WHERE mailing_id = %s AND number IN ({marks})"
            f" AND state <> {ChunkState.LEASED.value} {self.lock}",
            self.mailing_id, *wanted,
        )  # fmt: skip
        return {number for (number,) in rows}

    def _recount(self, chunks: set[int]) -> None:
        for number in sorted(chunks):
            self._count(number, COUNT_CHUNK)

    def _take_back_chunks(self, sender: int) -> None:
        held = self._all(
            "SELECT number FROM delivery_chunk WHERE mailing_id = %s AND sender_id = %s", self.mailing_id, sender
        )
        self._recount({number for (number,) in held})

    def _count(self, number: int, sql: str, *parameters: Any, lane: str = "") -> None:
        first, last = number * CHUNK_SIZE, (number + 1) * CHUNK_SIZE
        self._run(sql, lane, self.mailing_id, first, last, self.mailing_id, number, *parameters)

    # Freezing

    @abstractmethod
    def merge_expression(self, *, with_topics: bool) -> str:
        """SQL for a recipient's merge values from the columns of `freeze_range`'s subquery `q`."""

    def freeze_range(self, audience: QuerySet[Any], *, offset: int, with_topics: bool) -> int:
        """Write one range of the audience in one statement, numbered from `offset` + 1; returns how many.

        `audience` gives the columns `person`, `public_id`, `email` and `name`.
        """
        sql, parameters = audience.query.sql_with_params()
        return self._run(
            "INSERT INTO delivery_recipient (mailing_id, number, subscriber_id, address, merge, state, attempts)"
            f" SELECT %s, %s + row_number() OVER (ORDER BY q.person), q.person, q.email,"
            f" {self.merge_expression(with_topics=with_topics)}, 0, 0 FROM ({sql}) q",
            self.mailing_id, offset, *parameters,
        )  # fmt: skip

    def make_chunks(self, size: int) -> None:
        """Cut the mailing's numbers into chunks, all of them free."""
        counts = ", ".join("0" for _ in COUNTED)
        self._run(
            "WITH RECURSIVE n(number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM n WHERE (number + 1) * %s < %s)"
            f" INSERT INTO delivery_chunk (mailing_id, number, size, state, lane, {', '.join(COUNTED)})"
            f" SELECT %s, number, CASE WHEN (number + 1) * %s <= %s THEN %s ELSE %s - number * %s END,"
            f" {ChunkState.FREE.value}, '', {counts} FROM n WHERE %s > 0",
            CHUNK_SIZE, size, self.mailing_id, CHUNK_SIZE, size, CHUNK_SIZE, size, CHUNK_SIZE, size,
        )  # fmt: skip

    def gather_audience_statistics(self, size: int) -> None:
        """Tell the planner about a list of `size` subscriptions, where it thinks of far fewer."""
        del size

    def gather_statistics(self) -> None:
        """Tell the planner about the new rows, where the database wants to be told."""
        return

    # Dialect

    true: ClassVar[str] = "TRUE"
    false: ClassVar[str] = "FALSE"

    @abstractmethod
    def later(self, seconds: float) -> str:
        """SQL for the database's clock plus some seconds."""

    @abstractmethod
    def numbers(self, values: Sequence[int]) -> Any:
        """Return a parameter for a `NumbersField`."""

    @abstractmethod
    def as_numbers(self, value: Any) -> list[int]:
        """Return what a `NumbersField` came back as."""

    def _row_lock(self) -> str:
        return "FOR UPDATE" if self.lock else ""

    def _run(self, sql: str, *parameters: Any) -> int:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return int(cursor.rowcount)

    def _one(self, sql: str, *parameters: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            row = cursor.fetchone()
            return row[0] if row else None

    def _all(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return list(cursor.fetchall())
