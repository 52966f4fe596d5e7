"""Mailings and the ledger of who got them."""

from newsletters.delivery.models.history import Link, Receipt, Sample
from newsletters.delivery.models.ledger import CHUNK_SIZE, Chunk, Deferral, Recipient, Sender
from newsletters.delivery.models.mailings import Mailing
from newsletters.delivery.models.rates import Rate

__all__ = [
    "CHUNK_SIZE",
    "Chunk",
    "Deferral",
    "Link",
    "Mailing",
    "Rate",
    "Receipt",
    "Recipient",
    "Sample",
    "Sender",
]
