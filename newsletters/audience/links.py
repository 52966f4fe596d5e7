"""Signed links: the only proof of identity a subscriber has or needs.

A token is `key-id.payload.mac`: the payload in base64url, the mac 20 bytes of HMAC-SHA-256 (RFC 2104 §5 allows the
cut) under a key of `settings.LINK_KEYS`, derived for one purpose, so that a link to unsubscribe never opens the
preferences. The first key signs, all of them verify: a key may be retired only when no mail that carries its links
matters any more. A token names the subscriber's public id, never an address and never a row of the ledger, so old
mails keep working when the ledger is gone.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.urls import reverse

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIRM, UNSUBSCRIBE, PREFERENCES = "confirm", "unsubscribe", "preferences"
MAC_BYTES = 20
# Longest token we would ever make is about 300 characters; whatever is longer is not ours and not worth decoding.
LONGEST_TOKEN = 1_000

_CONFIRM_HEAD = struct.Struct(">16sIHB")
_UNSUBSCRIBE = struct.Struct(">16sI")
_PREFERENCES = struct.Struct(">16sI")


class TokenInvalid(ValueError):  # noqa: N818 (the design's name)
    """The token was altered, cut, made for something else, or made by somebody else."""


class TokenExpired(ValueError):  # noqa: N818 (the design's name)
    """The token is ours and whole, but too old; `confirmation` says what it asked for, so a new one can be offered."""

    def __init__(self, confirmation: Confirmation) -> None:
        """Keep what the token said."""
        super().__init__("this confirmation link is too old")
        self.confirmation = confirmation


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a confirmation link says: who, which lists, which wording they were shown, and when."""

    subscriber: uuid.UUID
    mailing_lists: tuple[int, ...]
    wording_version: int
    issued_at: datetime


class Unsubscription(NamedTuple):
    """What an unsubscribe link says: who leaves which list."""

    subscriber: uuid.UUID
    mailing_list: int


class PreferencesAccess(NamedTuple):
    """What a preferences link says: whose they are, and when the link was made."""

    subscriber: uuid.UUID
    issued_at: datetime


def sign_confirmation(
    *, subscriber: uuid.UUID, mailing_lists: Sequence[int], wording_version: int, at: datetime
) -> str:
    """Make the token of a confirmation mail; it is good for `CONFIRMATION_DAYS`."""
    head = _CONFIRM_HEAD.pack(subscriber.bytes, int(at.timestamp()), wording_version, len(mailing_lists))
    return _sign(CONFIRM, head + struct.pack(f">{len(mailing_lists)}I", *mailing_lists))


def read_confirmation(token: str, *, at: datetime) -> Confirmation:
    """Return what a confirmation token says.

    Raises:
        TokenInvalid: altered, or not ours.
        TokenExpired: older than `CONFIRMATION_DAYS` at `at`.
    """
    payload = _verify(CONFIRM, token)
    try:
        public_id, issued, version, count = _CONFIRM_HEAD.unpack_from(payload)
        lists = struct.unpack(f">{count}I", payload[_CONFIRM_HEAD.size :])
    except struct.error as error:
        raise TokenInvalid("this confirmation link is damaged") from error
    confirmation = Confirmation(uuid.UUID(bytes=public_id), lists, version, datetime.fromtimestamp(issued, tz=UTC))
    if at - confirmation.issued_at > timedelta(days=settings.CONFIRMATION_DAYS):
        raise TokenExpired(confirmation)
    return confirmation


def sign_unsubscribe(*, subscriber: uuid.UUID, mailing_list: int) -> str:
    """Make the token of an unsubscribe link. It is the same for every mail of a list, and never expires."""
    return _sign(UNSUBSCRIBE, _UNSUBSCRIBE.pack(subscriber.bytes, mailing_list))


def read_unsubscribe(token: str) -> Unsubscription:
    """Return what an unsubscribe token says.

    Raises:
        TokenInvalid: altered, or not ours.
    """
    try:
        public_id, mailing_list = _UNSUBSCRIBE.unpack(_verify(UNSUBSCRIBE, token))
    except struct.error as error:
        raise TokenInvalid("this unsubscribe link is damaged") from error
    return Unsubscription(uuid.UUID(bytes=public_id), mailing_list)


def sign_preferences(*, subscriber: uuid.UUID, at: datetime) -> str:
    """Make the token of a preferences link. It does not expire, but export and erasure want a fresh one."""
    return _sign(PREFERENCES, _PREFERENCES.pack(subscriber.bytes, int(at.timestamp())))


def read_preferences(token: str) -> PreferencesAccess:
    """Return what a preferences token says.

    Raises:
        TokenInvalid: altered, or not ours.
    """
    try:
        public_id, issued = _PREFERENCES.unpack(_verify(PREFERENCES, token))
    except struct.error as error:
        raise TokenInvalid("this preferences link is damaged") from error
    return PreferencesAccess(uuid.UUID(bytes=public_id), datetime.fromtimestamp(issued, tz=UTC))


def confirm_url(token: str) -> str:
    """The absolute address of the page on which a subscription is confirmed."""
    return f"{settings.SITE_URL}{reverse('audience:confirm', args=[token])}"


def unsubscribe_url(*, subscriber: uuid.UUID, mailing_list: int) -> str:
    """The absolute address for List-Unsubscribe (RFC 8058 §3.1) and for the link in the mail's foot."""
    token = sign_unsubscribe(subscriber=subscriber, mailing_list=mailing_list)
    return f"{settings.SITE_URL}{reverse('audience:unsubscribe', args=[token])}"


def preferences_url(*, subscriber: uuid.UUID, at: datetime) -> str:
    """The absolute address of a subscriber's preference centre."""
    token = sign_preferences(subscriber=subscriber, at=at)
    return f"{settings.SITE_URL}{reverse('audience:preferences', args=[token])}"


def _sign(purpose: str, payload: bytes) -> str:
    key_id, secret = next(iter(settings.LINK_KEYS.items()))
    mac = _mac(secret, purpose, key_id, payload)
    return f"{key_id}.{_encode(payload)}.{_encode(mac)}"


def _verify(purpose: str, token: str) -> bytes:
    if len(token) > LONGEST_TOKEN or token.count(".") != 2:  # noqa: PLR2004 (key id, payload, mac)
        raise TokenInvalid("this link is damaged")
    key_id, payload_text, mac_text = token.split(".")
    secret = settings.LINK_KEYS.get(key_id)
    if secret is None:
        raise TokenInvalid("this link was signed with a key that is not known here")
    payload, mac = _decode(payload_text), _decode(mac_text)
    if not hmac.compare_digest(mac, _mac(secret, purpose, key_id, payload)):
        raise TokenInvalid("this link is damaged")
    return payload


def _mac(secret: str, purpose: str, key_id: str, payload: bytes) -> bytes:
    message = key_id.encode() + b"\0" + payload
    return hmac.digest(_purpose_key(secret, purpose), message, "sha256")[:MAC_BYTES]


@lru_cache(maxsize=64)
def _purpose_key(secret: str, purpose: str) -> bytes:
    return hmac.digest(secret.encode(), b"courant link v1 " + purpose.encode(), hashlib.sha256)


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    try:
        value = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise TokenInvalid("this link is damaged") from error
    # Base64 has several spellings of some values (spare bits, padding); only the one we write is ours.
    if _encode(value) != text:
        raise TokenInvalid("this link is damaged")
    return value
