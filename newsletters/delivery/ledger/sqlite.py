"""The ledger on SQLite, for the try-out: the same tables, one short transaction a step, one writer at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from newsletters.delivery.ledger.interface import TEXT_LENGTH, Answer, ClaimedChunk, Ledger, Place
from newsletters.delivery.models import CHUNK_SIZE
from newsletters.delivery.states import ChunkState, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletters.delivery.ledger.interface import Result


class SqliteLedger(Ledger):
    """Statements for SQLite 3.40."""

    now = "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"
    true = "1"
    false = "0"

    def later(self, seconds: float) -> str:
        """SQL for a moment from now."""
        return f"strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', '{float(seconds):+.3f} seconds')"

    def numbers(self, values: Sequence[int]) -> str:
        """Keep numbers as JSON text."""
        return json.dumps(list(values))

    def as_numbers(self, value: str) -> list[int]:
        """Read JSON text."""
        numbers: list[int] = json.loads(value)
        return numbers

    def merge_expression(self, *, with_topics: bool) -> str:
        """Build JSON; SQLite keeps a UUID as 32 hexadecimal digits."""
        topics = "(SELECT json_group_array(i.topic_id) FROM audience_topicinterest i WHERE i.subscriber_id = q.person)"
        return (
            "json_object('id', q.public_id, 'name', q.name"
            + (f", 'topics', json({topics})" if with_topics else "")
            + ")"
        )

    def claim_chunk(self, sender: int, *, lanes: Sequence[str]) -> ClaimedChunk | None:
        """Take the first free chunk of these lanes."""
        marks = ", ".join(["%s"] * len(lanes))
        number = self._one(
            f"UPDATE delivery_chunk SET state = {ChunkState.LEASED.value}, sender_id = %s WHERE mailing_id = %s"
            " AND number = (SELECT number FROM delivery_chunk WHERE mailing_id = %s"
            f" AND state = {ChunkState.FREE.value} AND lane IN ({marks}) ORDER BY number LIMIT 1) RETURNING number",
            sender, self.mailing_id, self.mailing_id, *lanes,
        )  # fmt: skip
        if number is None:
            return None
        rows = self._all(
            "SELECT number, subscriber_id, address, merge, attempts FROM delivery_recipient WHERE mailing_id = %s"
            f" AND number > %s AND number <= %s AND state = {Outcome.PENDING.value} ORDER BY number",
            self.mailing_id, number * CHUNK_SIZE, (number + 1) * CHUNK_SIZE,
        )  # fmt: skip
        return ClaimedChunk(number, [Place(n, s, a, json.loads(m), t) for n, s, a, m, t in rows])

    def pump(self, sender: int, *, on_wire: Sequence[int], results: Sequence[Result], lease: int) -> Answer:
        """Commit outcomes and the new window in one transaction."""
        with transaction.atomic():
            stop = self._one(
                f"UPDATE delivery_sender SET on_wire = %s, lease_until = {self.later(lease)}"
                f" WHERE id = %s AND lease_until > {self.now} RETURNING stop",
                self.numbers(on_wire), sender,
            )  # fmt: skip
            if stop is None:
                return Answer.DEAD
            self._record(results)
        return Answer.STOP if stop else Answer.GO_ON

    def _record(self, results: Sequence[Result]) -> None:
        updates: list[tuple[Any, ...]] = [
            (result.state.value, result.code, result.text[:TEXT_LENGTH], self.mailing_id, result.number)
            for result in results
        ]
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE delivery_recipient SET state = %s, smtp_code = %s, smtp_text = %s, attempts = attempts + 1,"
                f" done_at = {self.now} WHERE mailing_id = %s AND number = %s AND state = {Outcome.PENDING.value}",
                updates,
            )
            for result in results:
                if result.state is Outcome.DEFERRED:
                    cursor.execute(
                        f"INSERT INTO delivery_deferral (mailing_id, number, due_at)"
                        f" VALUES (%s, %s, {self.later(result.retry_in)})"
                        " ON CONFLICT (mailing_id, number) DO UPDATE SET due_at = excluded.due_at",
                        (self.mailing_id, result.number),
                    )
