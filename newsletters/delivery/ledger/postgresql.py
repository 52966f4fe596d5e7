"""The ledger on PostgreSQL: ledger D of the measurements, one narrow prepared statement a quarter of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from django.db import InterfaceError, OperationalError, connection
from django.db.models.expressions import RawSQL

from newsletters.delivery.ledger.interface import (
    TEXT_LENGTH,
    Answer,
    ClaimedChunk,
    Ledger,
    Place,
    permitted_subscriptions,
)
from newsletters.delivery.models import CHUNK_SIZE
from newsletters.delivery.states import ChunkState, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletters.delivery.ledger.interface import Result

UNNOTICED = 200
"""Subscriptions for which even the worst plan takes no time."""

CLAIM = f"""
UPDATE delivery_chunk SET state = {ChunkState.LEASED.value}, sender_id = %s
 WHERE mailing_id = %s AND number = (
    SELECT number FROM delivery_chunk
     WHERE mailing_id = %s AND state = {ChunkState.FREE.value} AND lane = ANY(%s::text[])
     ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING number
"""
READ = f"""
SELECT number, subscriber_id, address, merge, attempts FROM delivery_recipient
 WHERE mailing_id = %s AND number > %s AND number <= %s AND state = {Outcome.PENDING.value} ORDER BY number
"""
_ALIVE = """
alive AS (
    UPDATE delivery_sender SET on_wire = %s::int[], lease_until = now() + make_interval(secs => %s)
     WHERE id = %s AND lease_until > now() RETURNING stop)
"""
_RECORD = f"""
recorded AS (
    UPDATE delivery_recipient r SET state = u.state, smtp_code = u.code, smtp_text = u.text,
           attempts = r.attempts + 1, done_at = now()
      FROM unnest(%s::int[], %s::smallint[], %s::smallint[], %s::text[]) AS u(number, state, code, text), alive
     WHERE r.mailing_id = %s AND r.number = u.number AND r.state = {Outcome.PENDING.value}
 RETURNING r.number)
"""
_DEFER = """
deferred AS (
    INSERT INTO delivery_deferral (mailing_id, number, due_at)
    SELECT %s, u.number, now() + make_interval(secs => u.retry_in)
      FROM unnest(%s::int[], %s::int[]) AS u(number, retry_in) JOIN recorded ON recorded.number = u.number
        ON CONFLICT (mailing_id, number) DO UPDATE SET due_at = excluded.due_at)
"""
BEAT = f"WITH {_ALIVE} SELECT stop FROM alive"
PUMP = f"WITH {_ALIVE}, {_RECORD} SELECT stop FROM alive"
PUMP_AND_DEFER = f"WITH {_ALIVE}, {_RECORD}, {_DEFER} SELECT stop FROM alive"


class PostgresqlLedger(Ledger):
    """Statements for PostgreSQL 15."""

    now = "now()"
    lock = "FOR UPDATE SKIP LOCKED"
    _allowed: tuple[str, tuple[Any, ...]] | None = None

    def later(self, seconds: float) -> str:
        """SQL for a moment from now."""
        return f"now() + interval '{float(seconds):.3f} seconds'"

    def numbers(self, values: Sequence[int]) -> list[int]:
        """Keep numbers as an array."""
        return list(values)

    def as_numbers(self, value: list[int]) -> list[int]:
        """Read an array."""
        return list(value)

    def merge_expression(self, *, with_topics: bool) -> str:
        """Build JSON."""
        topics = (
            "(SELECT coalesce(json_agg(i.topic_id), '[]') FROM audience_topicinterest i"
            " WHERE i.subscriber_id = q.person)"
        )
        return (
            "jsonb_build_object('id', q.public_id, 'name', q.name"
            + (f", 'topics', {topics}" if with_topics else "")
            + ")"
        )

    def claim_chunk(self, sender: int, *, lanes: Sequence[str]) -> ClaimedChunk | None:
        """Take the first free chunk of these lanes; senders pass over each other's locks."""
        claimed = self._prepared(CLAIM, sender, self.mailing_id, self.mailing_id, list(lanes))
        if not claimed:
            return None
        number: int = claimed[0][0]
        rows = self._prepared(READ, self.mailing_id, number * CHUNK_SIZE, (number + 1) * CHUNK_SIZE)
        return ClaimedChunk(number, [Place(*row) for row in rows])

    def allowed(self, subscriber_ids: Sequence[int]) -> set[int]:
        """Return which of these subscribers this list may mail, by a probe of the indexes each.

        Put as a join or as a list of values, PostgreSQL reads the whole list of subscribers for it: 9 ms for 500 of
        20,000, and more the longer the list. LIMIT leaves it no choice.
        """
        if self._allowed is None:
            permitted = permitted_subscriptions(self.mailing_list_id).filter(subscriber_id=RawSQL("u.id", ()))
            sql, parameters = permitted.values("subscriber_id").query.sql_with_params()
            self._allowed = (
                f"SELECT u.id FROM unnest(%s::bigint[]) AS u(id), LATERAL ({sql} LIMIT 1) q",
                tuple(str(each) if isinstance(each, str) else each for each in parameters),
            )
        sql, parameters = self._allowed
        return {number for (number,) in self._prepared(sql, list(subscriber_ids), *parameters)}

    def pump(self, sender: int, *, on_wire: Sequence[int], results: Sequence[Result], lease: int) -> Answer:
        """Commit outcomes and the new window in one prepared, autocommitted statement."""
        alive = (list(on_wire), lease, sender)
        if not results:
            answer = self._prepared(BEAT, *alive)
        else:
            record = (
                [result.number for result in results],
                [result.state.value for result in results],
                [result.code for result in results],
                [result.text[:TEXT_LENGTH] for result in results],
                self.mailing_id,
            )
            later = [result for result in results if result.state is Outcome.DEFERRED]
            if later:
                defer = (self.mailing_id, [r.number for r in later], [r.retry_in for r in later])
                answer = self._prepared(PUMP_AND_DEFER, *alive, *record, *defer)
            else:
                answer = self._prepared(PUMP, *alive, *record)
        if not answer:
            return Answer.DEAD
        return Answer.STOP if answer[0][0] else Answer.GO_ON

    def gather_audience_statistics(self, size: int) -> None:
        """Statistics of a table that was empty once make the planner walk all subscribers for each one of them.

        That is the cube of the list's length: minutes for 1,200 people. It happens when people come faster than
        autovacuum looks, as by an import into a new installation.
        """
        known = self._one("SELECT reltuples FROM pg_class WHERE oid = 'audience_subscription'::regclass")
        if size > UNNOTICED and known * 10 < size:
            self._run("ANALYZE audience_subscription, audience_subscriber, audience_permissionrecord")

    def gather_statistics(self) -> None:
        """A table just filled looks empty to the planner, which would then read it whole."""
        self._run("ANALYZE delivery_recipient, delivery_chunk")

    def _prepared(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run with server-side parameters in binary, prepared once a connection: Django's cursor does neither."""
        connection.ensure_connection()
        raw: psycopg.Connection[tuple[Any, ...]] = connection.connection
        try:
            with psycopg.Cursor(raw) as cursor:
                cursor.execute(sql, parameters, prepare=True, binary=True)
                return cursor.fetchall()
        except psycopg.OperationalError as error:
            raise OperationalError(*error.args) from error
        except psycopg.InterfaceError as error:
            raise InterfaceError(*error.args) from error
