"""Mailings, the ledger of who got them, and what came back."""

from newsletters.delivery.models.bounces import KEPT_OCTETS, Bounce, BounceMailbox, ProviderMessage, Returned
from newsletters.delivery.models.history import Link, Receipt, Sample
from newsletters.delivery.models.ledger import CHUNK_SIZE, Chunk, Deferral, Recipient, Sender
from newsletters.delivery.models.mailings import Mailing
from newsletters.delivery.models.rates import Rate

__all__ = [
    "CHUNK_SIZE",
    "KEPT_OCTETS",
    "Bounce",
    "BounceMailbox",
    "Chunk",
    "Deferral",
    "Link",
    "Mailing",
    "ProviderMessage",
    "Rate",
    "Receipt",
    "Recipient",
    "Returned",
    "Sample",
    "Sender",
]
