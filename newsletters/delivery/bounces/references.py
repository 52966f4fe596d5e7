"""How a returned message says which recipient of which mailing it is about.

The envelope sender carries both numbers and a code that only we can make (VERP), so that whatever a foreign system
makes of the message's text, its address is enough. The Message-ID carries the same, for systems that send the report
elsewhere. A report that anybody could have forged must not end a subscription.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import lru_cache
from typing import Final, NamedTuple

from django.conf import settings

LONGEST_LOCAL_PART: Final = 64
"""Octets before the @ (RFC 5321 §4.5.3.1.1)."""
LONGEST_PLACE: Final = 38
"""Octets of the part that names the place: a mailing of ten digits, a recipient of nine, the code, "+" and dots."""

# Written in lower case and read in any: mail systems on the way may change it (RFC 5321 §2.4 notwithstanding).
_VERP: Final = re.compile(r"(?<![0-9.])(\d{1,18})\.(\d{1,9})\.([0-9a-f]{16})@", re.ASCII | re.IGNORECASE)
_MESSAGE_ID: Final = re.compile(r"(?<![0-9a-f])([0-9a-f]{32})\.(\d{1,18})\.(\d{1,9})@", re.ASCII | re.IGNORECASE)


class Reference(NamedTuple):
    """A recipient's place in the ledger."""

    mailing_id: int
    number: int


def bounce_address() -> str:
    """The address that bounces come to (`settings.BOUNCE_ADDRESS`); "" when nobody reads them.

    `bounces@example.org` gives addresses like `bounces+12.345.0123456789abcdef@example.org`; `@bounces.example.org`, a
    domain of its own, gives `12.345.0123456789abcdef@bounces.example.org`.
    """
    return str(settings.BOUNCE_ADDRESS)


def envelope_sender(mailing_id: int, number: int, *, secret: str, address: str) -> str:
    """Return the envelope sender of one message: the bounce address with the recipient's place in it."""
    local, _, domain = address.rpartition("@")
    mark = f"{local}+" if local else ""
    return f"{mark}{mailing_id}.{number}.{_code(secret, b'bounce', mailing_id, number)[:16]}@{domain}"


def message_id(mailing_id: int, number: int, *, secret: str, domain: str) -> str:
    """Return a message's Message-ID, the same however often it is sent (RFC 5322 §3.6.4)."""
    return f"<{_code(secret, b'message-id', mailing_id, number)[:32]}.{mailing_id}.{number}@{domain}>"


def read_reference(text: str) -> Reference | None:
    """Return the place that an address or a Message-ID of ours names, or None for anything else.

    A code is compared under every key still known, so that bounces of mails sent before a rotation are understood.
    """
    for pattern, purpose in ((_VERP, b"bounce"), (_MESSAGE_ID, b"message-id")):
        for found in pattern.finditer(text):
            first, second, third = found.groups()
            place, code = ((first, second), third) if purpose == b"bounce" else ((second, third), first)
            mailing_id, number = int(place[0]), int(place[1])
            for secret in settings.LINK_KEYS.values():
                expected = _code(secret, purpose, mailing_id, number)[: len(code)]
                if hmac.compare_digest(expected, code.lower()):
                    return Reference(mailing_id, number)
    return None


def _code(secret: str, purpose: bytes, mailing_id: int, number: int) -> str:
    return hmac.digest(_key(secret), b"%b %d %d" % (purpose, mailing_id, number), "sha256").hex()


@lru_cache(maxsize=16)
def _key(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"courant mailing v1", hashlib.sha256)
