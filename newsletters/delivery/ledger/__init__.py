"""The ledger's statements: one interface, one module a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from newsletters.delivery.ledger.interface import (
    Answer,
    ClaimedChunk,
    Ledger,
    Place,
    Result,
)
from newsletters.delivery.ledger.postgresql import PostgresqlLedger
from newsletters.delivery.ledger.sqlite import SqliteLedger

if TYPE_CHECKING:
    from newsletters.delivery.models import Mailing

__all__ = ["Answer", "ClaimedChunk", "Ledger", "Place", "Result", "ledger_of"]


def ledger_of(mailing: Mailing) -> Ledger:
    """Return the ledger of a mailing, speaking the default database's dialect."""
    dialect = PostgresqlLedger if connection.vendor == "postgresql" else SqliteLedger
    return dialect(mailing_id=mailing.pk, mailing_list_id=mailing.mailing_list_id)
