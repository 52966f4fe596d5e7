"""How bulk mail leaves and how bounces come back: variables that all installations read alike."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from courant.settings.parts.environment import Environment

_IMAP = {"imaps": ("tls", 993), "imap+starttls": ("starttls", 143), "imap": ("none", 143)}
_BOUNCE_ADDRESS = re.compile(r"[A-Za-z0-9._-]{0,26}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


class MailSettings(NamedTuple):
    """The settings of bounces, of signing, and of a mail provider's API ("" where mail goes out by SMTP)."""

    bounce_address: str
    bounce_imap: dict[str, Any]
    dkim: dict[str, str]
    mail_api: str
    anymail: dict[str, Any]


def mail_settings(env: Environment) -> MailSettings:
    """Read the variables; what is malformed is remembered as the environment's fault."""
    imap = env.url("BOUNCE_IMAP", "", schemes=tuple(_IMAP))
    address = env.text("BOUNCE_ADDRESS", "")
    if address and not _BOUNCE_ADDRESS.fullmatch(address):
        env.errors.append(
            "BOUNCE_ADDRESS must be bounces@example.org (at most 26 letters, digits, '.', '_' or '-' before the @), or"
            " @bounces.example.org for a domain of its own"
        )
    if imap and not address:
        env.errors.append("BOUNCE_IMAP is set and BOUNCE_ADDRESS is not: no mail would come back to that mailbox")
    return MailSettings(address, _imap_settings(imap) if imap else {}, _dkim_settings(env), *_api_settings(env))


def _dkim_settings(env: Environment) -> dict[str, str]:
    """Return the domain, the selector, and the key or its file; all or none must be set."""
    values = {
        "domain": env.text("DKIM_DOMAIN", ""),
        "selector": env.text("DKIM_SELECTOR", ""),
        "key": env.text("DKIM_KEY", "").replace("\\n", "\n"),
        "key_file": env.text("DKIM_KEY_FILE", ""),
    }
    if not any(values.values()):
        return {}
    if not (values["domain"] and values["selector"] and (values["key"] or values["key_file"])):
        env.errors.append("DKIM_DOMAIN, DKIM_SELECTOR and one of DKIM_KEY_FILE and DKIM_KEY belong together")
        return {}
    return values


def _api_settings(env: Environment) -> tuple[str, dict[str, Any]]:
    """Return which provider's API mail goes out by ("" for SMTP), and what anymail needs to know for it."""
    provider, given = env.text("MAIL_API", ""), env.text("MAIL_API_SETTINGS", "{}")
    try:
        values = json.loads(given)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        env.errors.append('MAIL_API_SETTINGS must be JSON such as {"POSTMARK_SERVER_TOKEN": "…"}')
        values = {}
    if provider and not values:
        env.errors.append("MAIL_API is set and MAIL_API_SETTINGS is not: the provider's key is missing")
    return provider, values


def _imap_settings(url: str) -> dict[str, Any]:
    """Turn `imaps://user:password@host/Folder?after=delete` into what the reader takes."""
    split = urlsplit(url)
    security, port = _IMAP[split.scheme]
    return {
        "host": split.hostname,
        "port": split.port or port,
        "username": unquote(split.username or ""),
        "password": unquote(split.password or ""),
        "security": security,
        "folder": unquote(split.path.strip("/")) or "INBOX",
        "removes": parse_qs(split.query).get("after") == ["delete"],
    }
