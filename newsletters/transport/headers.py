"""Writing header lines: folding and encoding that keep RFC 5322 and RFC 2047, where the standard library does not.

Two of its faults would hurt: a long List-Unsubscribe address becomes encoded words, which no mail program reads as
an address, and encoded words come out at 76 to 78 characters where RFC 2047 §2 allows 75. The functions here are
also what the fast sender uses when it splices a merge value into a subject or a name.
"""

from __future__ import annotations

import base64
import re

# RFC 5322 §2.1.1: lines should stay below 78 and must stay below 998 characters.
LINE = 76
LONGEST_LINE = 998
# RFC 2047 §2: an encoded word has at most 75 characters; "=?utf-8?b?" and "?=" leave 63, which is 45 bytes in base64.
ENCODED_WORD_BYTES = 45
# What may not stand in a header value: every control character, since a line break would start a header of its own.
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u2028\u2029]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_SHORT_NAME = 60


class UnsafeHeader(ValueError):  # noqa: N818 (reads as what it is)
    """A header value holds a line break or another control character: somebody tries to add headers of their own."""


def refuse_control_characters(value: str) -> str:
    """Return the value if it may stand in a header.

    Raises:
        UnsafeHeader: it holds a line break or another control character.
    """
    if _CONTROL.search(value):
        raise UnsafeHeader("a header value must be one line without control characters")
    return value


def encode_words(text: str, *, used: int = 0) -> list[str]:
    """Text as RFC 2047 encoded words of at most 75 characters, never cut inside a character.

    The first word fits on a line that has `used` characters already. A reader joins neighbouring words without the
    space between them, so a caller only folds between them.
    """
    room = min(ENCODED_WORD_BYTES, max((LINE - used - 12) // 4 * 3, 4))
    whole = text.encode("utf-8", errors="replace")
    if len(whole) <= room:
        return [_word(whole)]
    words, chunk = [], b""
    for character in text:
        encoded = character.encode("utf-8", errors="replace")
        if len(chunk) + len(encoded) > room:
            words.append(chunk)
            chunk, room = b"", ENCODED_WORD_BYTES
        chunk += encoded
    words.append(chunk)
    return [_word(word) for word in words]


def encode_text(text: str, *, used: int = 0) -> str:
    """An unstructured value (a subject), folded; `used` is how many characters the line already has.

    Raises:
        UnsafeHeader: it holds a line break or another control character.
    """
    refuse_control_characters(text)
    if not text:
        return ""
    tidy = text.isascii() and "=?" not in text and " ".join(text.split(" ")).strip() == text and "  " not in text
    pieces = text.split(" ") if tidy else encode_words(text, used=used)
    if any(len(piece) >= LONGEST_LINE - LINE for piece in pieces):
        pieces = encode_words(text, used=used)
    return _fold(pieces, used=used)


def encode_name(name: str, *, used: int = 0) -> str:
    """A display name (RFC 5322 phrase): plain, quoted, or as encoded words; never folded inside quotes.

    Raises:
        UnsafeHeader: it holds a line break or another control character.
    """
    refuse_control_characters(name)
    if not name:
        return ""
    if name.isascii() and "=?" not in name and len(name) <= _SHORT_NAME:
        if _ATOMS.fullmatch(name):
            return name
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return _fold(encode_words(name, used=used), used=used)


def encode_mailbox(*, name: str, address: str, used: int = 0) -> str:
    """A name and an address as they stand in From and To, folded before the address if the line is full."""
    refuse_control_characters(address)
    phrase = encode_name(name, used=used)
    if not phrase:
        return address
    last = phrase.rsplit("\r\n", 1)[-1]
    width = len(last) + (used if "\r\n" not in phrase else 0) + len(address) + 3
    gap = "\r\n " if width > LINE else " "
    return f"{phrase}{gap}<{address}>"


def encode_verbatim(value: str, *, used: int = 0) -> str:
    """A value that must be neither encoded nor broken: a link, a List-Id, a Message-ID.

    It stays beside its name however long it is: a line may have 998 characters, and some readers take a fold before
    the value for a part of it.

    Raises:
        UnsafeHeader: control characters, characters outside ASCII, or longer than a line may be.
    """
    refuse_control_characters(value)
    if not value.isascii() or used + len(value) > LONGEST_LINE:
        raise UnsafeHeader(f"this header takes ASCII, and lines of at most {LONGEST_LINE} characters")
    return value


def _word(octets: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(octets).decode('ascii')}?="


def _fold(pieces: list[str], *, used: int) -> str:
    lines, width = [pieces[0]], used + len(pieces[0])
    for piece in pieces[1:]:
        if width + 1 + len(piece) > LINE:
            lines.append(f" {piece}")
            width = 1 + len(piece)
        else:
            lines[-1] += f" {piece}"
            width += 1 + len(piece)
    folded = "\r\n".join(lines)
    # A first piece that does not fit beside the header's name goes to a line of its own.
    return f"\r\n {folded}" if used and used + len(lines[0]) > LINE else folded
