"""Quoted-printable, so cut that encoded pieces can be put side by side and stay legal.

Every piece of a body begins at the start of a line and ends at the end of one: a hard line break where the text has
one, a soft break otherwise. So pieces join in any order without making a line too long, and no line starts with a dot
(RFC 5321 §4.5.2 would have it doubled) or with "From " (mail stores rewrite it).
"""

from __future__ import annotations

import binascii
from typing import Final

LINE: Final = 75
"""Octets a physical line may hold before its soft break: 76 with the `=` (RFC 2045 §6.7, rule 5)."""

SOFT: Final = b"=\r\n"
HARD: Final = b"\r\n"

_ESCAPED: Final = [b"=%02X" % octet for octet in range(256)]
_OCTETS: Final = [
    bytes((octet,)) if (33 <= octet <= 126 and octet != 61) or octet in (9, 32) else _ESCAPED[octet]  # noqa: PLR2004 (RFC 2045 §6.7, rule 2)
    for octet in range(256)
]


def encode_text(text: str) -> bytes:
    """Encode static text as one piece; both CRLF and LF are line breaks, a lone CR is data."""
    lines = text.replace("\r\n", "\n").split("\n")
    last = lines.pop()
    encoded = [_encode_line(line) + HARD for line in lines]
    if last:
        encoded.append(_encode_line(last, ends_hard=False) + SOFT)
    return b"".join(encoded)


def encode_value(value: str) -> bytes:
    """Encode a merge value, which is one line without control characters, as one piece: hundreds of times a mail."""
    if not value:
        return b""
    if len(value) <= LINE and value.isalnum() and value.isascii():
        return value.encode() + SOFT
    encoded = binascii.b2a_qp(value.encode(), istext=True)
    if (
        len(encoded) - encoded.rfind(b"\n") - 1 > LINE
        or encoded.startswith((b".", b"From "))
        or b"\n." in encoded
        or b"\nFrom " in encoded
    ):
        return _encode_line(value, ends_hard=False) + SOFT
    return encoded.replace(b"\n", b"\r\n") + SOFT


def _encode_line(line: str, *, ends_hard: bool = True) -> bytes:
    octets = [_OCTETS[octet] for octet in line.encode()]
    if ends_hard and octets and octets[-1] in (b" ", b"\t"):
        octets[-1] = _ESCAPED[octets[-1][0]]
    lines: list[bytes] = []
    current: list[bytes] = []
    length = 0
    for octet in octets:
        if length + len(octet) > LINE:
            lines.append(_guarded(current))
            current, length = [], 0
        # The first octet is reckoned as three, because a dot or the F of "From " takes that much once guarded.
        length += len(octet) if current else 3
        current.append(octet)
    lines.append(_guarded(current))
    return SOFT.join(lines)


def _guarded(octets: list[bytes]) -> bytes:
    if octets and octets[0] == b".":
        octets[0] = b"=2E"
    elif octets[:5] == [b"F", b"r", b"o", b"m", b" "]:
        octets[0] = b"=46"
    return b"".join(octets)
