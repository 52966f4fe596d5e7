"""What returned messages are put together from."""

from __future__ import annotations

import base64
import quopri
from dataclasses import dataclass
from textwrap import dedent

SENDER = "news@institute.example"
BOUNCES = "bounces+7.3.0123456789abcdef@institute.example"
BOUNDARY = "=_boundary_of_the_report"


@dataclass(frozen=True)
class Sample:
    """One message, and what a person reading it would say: whom it is about, and what it means.

    `expected` maps addresses to "hard", "soft", "block" or "complaint"; empty for what is no bounce, and `nature` says
    what it is then.
    """

    name: str
    raw: bytes
    expected: dict[str, str]
    nature: str = "bounce"


def original(to: str, *, headers: bool = False, **more: str) -> str:
    """The message that came back, or its headers alone."""
    head = {
        "Return-Path": f"<{BOUNCES}>",
        "Received": "from app.institute.example by relay.institute.example with ESMTP id 4XyZ; Mon, 2 Nov 2026 09:00:00 +0000",
        "From": f"The Alder Institute <{SENDER}>",
        "To": f"<{to}>",
        "Subject": "News for May",
        "Message-ID": "<aa00.7.3@institute.example>",
        "Date": "Mon, 02 Nov 2026 09:00:00 +0000",
        **more,
    }
    lines = "".join(f"{name}: {value}\n" for name, value in head.items())
    return lines if headers else f"{lines}Content-Type: text/plain; charset=utf-8\n\nDear reader,\nthe news.\n"


def text(words: str) -> str:
    """A text without the indentation it has in the source."""
    return dedent(words).strip("\n") + "\n"


def message(body: str, *, encoding: str = "", charset: str = "utf-8", **headers: str) -> bytes:
    """One message of a single part; header names are written with underscores for hyphens."""
    head = {
        "From": "Mail Delivery Subsystem <MAILER-DAEMON@mx.example.net>",
        "To": f"<{BOUNCES}>",
        "Subject": "Undelivered Mail Returned to Sender",
        "Date": "Mon, 02 Nov 2026 09:05:00 +0000",
        "MIME-Version": "1.0",
        "Content-Type": f"text/plain; charset={charset}",
        **{name.replace("_", "-"): value for name, value in headers.items() if value},
    }
    for name in [name for name, value in headers.items() if not value]:
        head.pop(name.replace("_", "-"), None)
    octets = body.encode(charset)
    if encoding:
        head["Content-Transfer-Encoding"] = encoding
        octets = base64.encodebytes(octets) if encoding == "base64" else quopri.encodestring(octets)
    lines = "".join(f"{name}: {value}\n" for name, value in head.items()).encode()
    return (lines + b"\n" + octets).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def part(kind: str, body: str, *, encoding: str = "", charset: str = "utf-8", **headers: str) -> bytes:
    """One part of a report."""
    octets = body.encode(charset)
    if encoding:
        octets = base64.encodebytes(octets) if encoding == "base64" else quopri.encodestring(octets)
    more = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in headers.items())
    if encoding:
        more += f"Content-Transfer-Encoding: {encoding}\n"
    return f"Content-Type: {kind}\n{more}\n".encode() + octets


def multipart(*parts: bytes, kind: str = "multipart/report; report-type=delivery-status", **headers: str) -> bytes:
    """A message of several parts."""
    head = {
        "From": "Mail Delivery System <MAILER-DAEMON@mx.example.net>",
        "To": f"<{BOUNCES}>",
        "Subject": "Undelivered Mail Returned to Sender",
        "Date": "Mon, 02 Nov 2026 09:05:00 +0000",
        "MIME-Version": "1.0",
        **{name.replace("_", "-"): value for name, value in headers.items()},
        "Content-Type": f'{kind}; boundary="{BOUNDARY}"',
    }
    lines = "".join(f"{name}: {value}\n" for name, value in head.items()).encode()
    mark = f"--{BOUNDARY}".encode()
    body = b"".join(mark + b"\n" + each.rstrip(b"\n") + b"\n\n" for each in parts)
    return (lines + b"\n" + body + mark + b"--\n").replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def status(*recipients: str, mta: str = "mx.example.net") -> bytes:
    """The machine-readable part: the fields of the message, then a block a recipient."""
    head = f"Reporting-MTA: dns; {mta}\nArrival-Date: Mon, 2 Nov 2026 09:00:01 +0000 (UTC)\n"
    return part("message/delivery-status", "\n".join([head, *(text(each) for each in recipients)]))


def dsn(
    words: str, *recipients: str, to: str, full: bool = False, mta: str = "mx.example.net", **headers: str
) -> bytes:
    """A delivery status notification as RFC 3464 wants it: words, fields, the original or its headers."""
    returned = part("message/rfc822", original(to)) if full else part("text/rfc822-headers", original(to, headers=True))
    return multipart(
        part("text/plain; charset=us-ascii", text(words)), status(*recipients, mta=mta), returned, **headers
    )


def failed(to: str, code: str, diagnostic: str, **more: str) -> str:
    """A recipient's fields."""
    fields = {
        "Final-Recipient": f"rfc822; {to}",
        "Original-Recipient": f"rfc822;{to}",
        "Action": "failed",
        "Status": code,
        "Remote-MTA": "dns; mx.reader.example",
        "Diagnostic-Code": f"smtp; {diagnostic}" if diagnostic else "",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items() if value)
