"""Counted links: an opt-in of a newsletter, written when an issue is compiled, so that sending costs nothing more.

A counted link leads to this site and names its target in the open (`/go/<token>/?to=<target>`); the token is a mac
over the issue and the target, so that the address leads nowhere else (no open redirect, CWE-601) and keeps working
when nothing is left of the mailing. It is the same for everybody: neither the reader nor the mailing's row stands in
it. What differs between readers (to unsubscribe, to the preferences) and the link to the web version stay as they are.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.urls import reverse

if TYPE_CHECKING:
    from collections.abc import Callable

MAC_BYTES: Final = 12
"""An address can be tried only by asking this server, so 96 bits are plenty; each byte costs every link of a mail."""
LONGEST_TOKEN: Final = 200
LONGEST_TARGET: Final = 2_000
DIGEST_DIGITS: Final = 16
ANCHOR: Final = re.compile(r'(<a\b[^>]*?\shref=")([^"]*)(")', re.IGNORECASE)
_GOES_ON: Final = r"(?![\w/?&=#%~+@-]|[.,;:!]\w)"
"""What follows a whole address in plain text is not part of a longer one."""


class LinkInvalid(ValueError):  # noqa: N818 (named like the other refusals of DESIGN §9)
    """The address was altered, or was never ours."""


def counted_address(*, issue_number: int, target: str) -> str:
    """Return the address that counts and then leads to `target`."""
    key_id, secret = next(iter(settings.LINK_KEYS.items()))
    token = f"{key_id}.{issue_number}.{_mac(secret, issue_number, target)}"
    return f"{settings.SITE_URL}{reverse('counted_link', args=[token])}?to={quote(target, safe='/:')}"


def read_counted_address(*, token: str, target: str) -> int:
    """Return the issue's number of an address that `counted_address` made.

    Raises:
        LinkInvalid: altered, or not ours.
    """
    if len(token) > LONGEST_TOKEN or len(target) > LONGEST_TARGET or token.count(".") != 2:  # noqa: PLR2004 (key, issue, mac)
        raise LinkInvalid("this link was not made here")
    key_id, number, _ = token.split(".")
    secret = settings.LINK_KEYS.get(key_id)
    if secret is None or not (number.isascii() and number.isdecimal()):
        raise LinkInvalid("this link was not made here")
    expected = f"{key_id}.{int(number)}.{_mac(secret, int(number), target)}"
    if not hmac.compare_digest(expected.encode(), token.encode()):
        raise LinkInvalid("this link is damaged")
    return int(number)


def digest_of(target: str) -> str:
    """Return the short name of a target, by which its clicks are counted."""
    return hashlib.sha256(target.encode()).hexdigest()[:DIGEST_DIGITS]


def count_links(
    html_text: str, text: str, *, issue_number: int, archive_url: str, is_marked: Callable[[str], object]
) -> tuple[str, str]:
    """Return the HTML and the text of a mail with its links counted.

    `is_marked` says that an address holds a merge field's marker: such a link is somebody's own.
    """
    counted: dict[str, str] = {}
    own = own_prefixes()

    def rewrite(match: re.Match[str]) -> str:
        target = html.unescape(match[2])
        if is_marked(target) or not is_countable(target, archive_url=archive_url, own=own):
            return match[0]
        if target not in counted:
            counted[target] = counted_address(issue_number=issue_number, target=target)
        return f"{match[1]}{html.escape(counted[target])}{match[3]}"

    html_text = ANCHOR.sub(rewrite, html_text)
    if counted:
        longest_first = "|".join(re.escape(target) for target in sorted(counted, key=len, reverse=True))
        pattern = re.compile(rf"(?<![\w/=&?%])({longest_first}){_GOES_ON}")
        text = pattern.sub(lambda match: counted[match[1]], text)
    return html_text, text


def is_countable(target: str, *, archive_url: str, own: tuple[str, ...]) -> bool:
    """Whether a link is the same for everybody and leads to a page."""
    if target == archive_url or len(target) > LONGEST_TARGET or target.startswith(own):
        return False
    if not target.isprintable() or target != target.strip():
        return False  # a browser mends it, a header would not
    try:
        split = urlsplit(target)
    except ValueError:
        return False
    return split.scheme in {"http", "https"} and bool(split.hostname)


def own_prefixes() -> tuple[str, ...]:
    """Addresses that are never counted: leaving must not lead through anything, and a counted link is counted once."""
    marks = [reverse(name, args=["x"]) for name in ("audience:unsubscribe", "audience:preferences", "counted_link")]
    return tuple(settings.SITE_URL + mark.removesuffix("x/") for mark in marks)


def _mac(secret: str, issue_number: int, target: str) -> str:
    value = hmac.digest(_key(secret), b"%d\0%s" % (issue_number, target.encode()), "sha256")[:MAC_BYTES]
    return base64.urlsafe_b64encode(value).decode("ascii")


@lru_cache(maxsize=16)
def _key(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"courant counted link v1", hashlib.sha256)
