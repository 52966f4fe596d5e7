"""Reads the newest post of a Mastodon or RSS feed, on the server, so that readers' browsers ask nobody else.

The address was entered by an editor and may redirect, so it is not trusted: only http and https, only addresses on
the public internet (checked on the connection that is used, not on an earlier look-up), a time limit, a size limit,
no entities in the XML.
"""

from __future__ import annotations

import html
import http.client
import ipaddress
import re
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree as ET

import nh3
from django.utils.dateparse import parse_datetime
from django.utils.text import Truncator

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT_SECONDS = 8
LARGEST_BYTES = 512 * 1024
MOST_REDIRECTS = 3
LONGEST_POST = 280
"""Characters of a post that are shown; Mastodon's own limit is 500."""

_ATOM = "{http://www.w3.org/2005/Atom}"
_BREAK = re.compile(r"<(?:br\s*/?|/p|/li)>", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_REDIRECTS = {301, 302, 303, 307, 308}


class FeedError(Exception):
    """A feed cannot be read; the message says why, in words an operator can act on."""


@dataclass(frozen=True, slots=True)
class Post:
    """The newest post: plain text, where it stands, and when it was written (aware)."""

    text: str
    url: str
    posted_at: datetime


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet: not ours, not this machine, not a cloud's metadata."""
    found = ipaddress.ip_address(address)
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_global


def read_feed(url: str, *, allowed: Callable[[str], bool] = is_public) -> Post | None:
    """Fetch a feed and return its newest post; None when it holds none.

    `allowed` decides which IP addresses may be asked.

    Raises:
        FeedError: the address, the connection, the answer or the XML is not what it should be.
    """
    return parse_feed(fetch(url, allowed=allowed))


def fetch(url: str, *, allowed: Callable[[str], bool] = is_public) -> bytes:
    """Fetch an address, following a few redirects; each hop is checked like the first.

    Raises:
        FeedError: as `read_feed`.
    """
    for _ in range(MOST_REDIRECTS + 1):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise FeedError(f"only http and https addresses are read, not {parts.scheme or 'this'}")
        connection = _open(parts.scheme, parts.hostname, parts.port, allowed)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", path, headers={"User-Agent": "Courant", "Accept": "application/rss+xml, */*"})
            answer = connection.getresponse()
            if answer.status in _REDIRECTS:
                url = urljoin(url, answer.getheader("Location") or "")
                continue
            if answer.status != http.client.OK:
                raise FeedError(f"the server answered {answer.status}")
            body = answer.read(LARGEST_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise FeedError(f"the connection failed: {type(error).__name__}") from error
        finally:
            connection.close()
        if len(body) > LARGEST_BYTES:
            raise FeedError(f"the feed is larger than {LARGEST_BYTES // 1024} KiB")
        return body
    raise FeedError(f"more than {MOST_REDIRECTS} redirects")


def _open(scheme: str, host: str, port: int | None, allowed: Callable[[str], bool]) -> http.client.HTTPConnection:
    """Connect to the first address of a host that may be asked; the check and the connection use the same one."""
    number = port or (443 if scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FeedError(f"there is no host of the name {host}") from error
    addresses = [entry for entry in found if allowed(str(entry[4][0]))]
    if not addresses:
        raise FeedError(f"{host} is not on the public internet")
    family, kind, protocol, _, address = addresses[0]
    connected = socket.socket(family, kind, protocol)
    connected.settimeout(TIMEOUT_SECONDS)
    try:
        connected.connect(address)
        if scheme == "https":
            connected = ssl.create_default_context().wrap_socket(connected, server_hostname=host)
    except OSError as error:
        connected.close()
        raise FeedError(f"the connection failed: {type(error).__name__}") from error
    kind_of = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    connection = kind_of(host, number, timeout=TIMEOUT_SECONDS)
    connection.sock = connected
    return connection


def parse_feed(body: bytes) -> Post | None:
    """Find the newest post of an RSS or Atom feed.

    Raises:
        FeedError: not XML, or XML with a document type, which no feed needs and attacks do.
    """
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise FeedError("the feed has a document type declaration, which is not read")
    try:
        root = ET.fromstring(body)  # noqa: S314 (no entities: refused above)
    except ET.ParseError as error:
        raise FeedError("the answer is not XML") from error
    posts = [post for item in root.iter("item") if (post := _rss_post(item))]
    posts += [post for entry in root.iter(f"{_ATOM}entry") if (post := _atom_post(entry))]
    return max(posts, key=lambda post: post.posted_at, default=None)


def plain(markup: str) -> str:
    """The words of a post, cut at the end of a word."""
    spaced = _BREAK.sub(" ", html.unescape(markup) if "&lt;" in markup else markup)
    words = html.unescape(nh3.clean(spaced, tags=set()))
    return Truncator(_SPACE.sub(" ", words).strip()).chars(LONGEST_POST, truncate="…")


def _address(text: str | None) -> str:
    """A link as it may stand in a page: http or https, nothing else."""
    url = (text or "").strip()
    return url if urlsplit(url).scheme in ("http", "https") else ""


def _rss_post(item: ET.Element) -> Post | None:
    text = plain(item.findtext("description") or item.findtext("title") or "")
    try:
        posted_at = parsedate_to_datetime(item.findtext("pubDate") or "")
    except ValueError:
        return None
    return _post(text, _address(item.findtext("link")), posted_at)


def _atom_post(entry: ET.Element) -> Post | None:
    words = entry.findtext(f"{_ATOM}summary") or entry.findtext(f"{_ATOM}content") or entry.findtext(f"{_ATOM}title")
    links = entry.findall(f"{_ATOM}link")
    link = next((one for one in links if one.get("rel", "alternate") == "alternate"), None)
    try:
        moment = entry.findtext(f"{_ATOM}published") or entry.findtext(f"{_ATOM}updated") or ""
        posted_at = parse_datetime(moment.strip())
    except ValueError:
        return None
    return _post(plain(words or ""), _address(link.get("href") if link is not None else None), posted_at)


def _post(text: str, url: str, posted_at: datetime | None) -> Post | None:
    if not text or posted_at is None:
        return None
    return Post(text, url, posted_at if posted_at.tzinfo else posted_at.replace(tzinfo=UTC))
