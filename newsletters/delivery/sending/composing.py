"""From a place in the ledger to the envelope and the octets of one person's message."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from newsletters.audience import links
from newsletters.delivery.bounces.references import bounce_address, envelope_sender, message_id
from newsletters.delivery.message.skeleton import Letterhead, Skeleton, encode_date
from newsletters.transport.messages import message_id_domain
from newsletters.transport.signing import configured_signer

if TYPE_CHECKING:
    from newsletters.delivery.ledger import Place
    from newsletters.delivery.models import Mailing

_PLACEHOLDER = "TOKEN-GOES-HERE"


class Envelope(NamedTuple):
    """A message and who it goes from and to on the wire."""

    sender: str
    recipient: str
    data: bytes


class MissingKeyError(Exception):
    """The key that a mailing's Message-IDs are derived with is no longer in `LINK_KEYS`."""


class Composer:
    """Composes a mailing's messages; made once a sender, because it encodes everything that does not change."""

    def __init__(self, mailing: Mailing) -> None:
        """Encode the mailing's content.

        Raises:
            MissingKeyError: put the key back; a message sent again must be the same message.
            KeyUnusableError: the DKIM key cannot be used.
        """
        compiled = mailing.compiled
        secret = settings.LINK_KEYS.get(mailing.key_id)
        if secret is None:
            raise MissingKeyError(f"LINK_KEYS no longer holds the key {mailing.key_id!r} that this mailing needs")
        self.skeleton = Skeleton.of(
            compiled,
            Letterhead(
                sender_name=compiled.sender_name,
                sender_address=compiled.sender_address,
                reply_to=compiled.reply_to,
                list_name=mailing.list_name,
                list_id=mailing.list_id,
                feedback_id=f"{mailing.pk}:{mailing.mailing_list_id}:newsletter:courant",
            ),
        )
        self._mailing_id = mailing.pk
        self._mailing_list_id = mailing.mailing_list_id
        self._archive_url = compiled.archive_url
        self._sender = compiled.sender_address
        self._secret = secret
        self._bounce_address = bounce_address()
        self._signer = configured_signer()
        self._domain = message_id_domain()
        # Resolving an address a message would cost as much as splicing it.
        self._unsubscribe = _pattern("audience:unsubscribe")
        self._preferences = _pattern("audience:preferences")
        self._second = 0
        self._at = datetime.now(UTC)
        self._date = b""

    def compose(self, place: Place, *, timestamp: float) -> Envelope:
        """Compose one message; `timestamp` (seconds since the epoch) becomes its Date.

        Raises:
            ValueMissing, ValueError: this recipient's values do not make a message.
        """
        if int(timestamp) != self._second:
            self._second = int(timestamp)
            self._at = datetime.fromtimestamp(self._second, UTC)
            self._date = encode_date(self._at)
        subscriber = UUID(place.merge["id"])
        unsubscribe_url = self._unsubscribe.replace(
            _PLACEHOLDER, links.sign_unsubscribe(subscriber=subscriber, mailing_list=self._mailing_list_id)
        )
        preferences_url = self._preferences.replace(
            _PLACEHOLDER, links.sign_preferences(subscriber=subscriber, at=self._at)
        )
        values = {
            "name": place.merge.get("name", ""),
            "address": place.address,
            "unsubscribe_url": unsubscribe_url,
            "preferences_url": preferences_url,
            "archive_url": self._archive_url,
        }
        data = self.skeleton.message(
            address=place.address,
            message_id=self.message_id(place.number),
            date=self._date,
            unsubscribe_url=unsubscribe_url,
            values=values,
            topics=place.merge.get("topics", ()),
        )
        if self._signer is not None:
            data = self._signer.sign(data)
        return Envelope(self.envelope_sender(place.number), place.address, data)

    def envelope_sender(self, number: int) -> str:
        """Return where a recipient's bounce goes: an address of its own, or the sender's where nobody reads them."""
        if not self._bounce_address:
            return self._sender
        return envelope_sender(self._mailing_id, number, secret=self._secret, address=self._bounce_address)

    def message_id(self, number: int) -> str:
        """Return the Message-ID of a recipient's message, the same whenever it is sent."""
        return message_id(self._mailing_id, number, secret=self._secret, domain=self._domain)


def _pattern(name: str) -> str:
    """Return the address of a view with a mark where its token goes."""
    return settings.SITE_URL + reverse(name, args=[_PLACEHOLDER])
