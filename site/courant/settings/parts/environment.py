"""The environment, read once: every size of installation is switched by these variables alone.

All that is missing or malformed is collected, and `finish()` raises one error that names everything, so that an
operator corrects a deployment in one go instead of one restart a variable.
"""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SHORTEST_TOKEN = 20
DATABASE_SCHEMES = {"postgres", "postgresql", "sqlite"}
ROOT = Path(__file__).resolve().parents[4]


class IncompleteEnvironmentError(ImproperlyConfigured):
    """The environment or the data folder does not allow a start; the message is all that an operator needs."""


class Environment:
    """Reads variables and remembers what was wrong with them."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        """Read from `values`, or from the process's environment."""
        self.values = os.environ if values is None else values
        self.errors: list[str] = []

    def text(self, name: str, default: str | None = None) -> str:
        """Return the variable, or `default`; without a default it must be set and not empty."""
        value = self.values.get(name, "").strip()
        if value:
            return value
        if default is None:
            self.errors.append(f"{name} is not set")
            return ""
        return default

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a yes or no (1/0, true/false, yes/no, on/off)."""
        value = self.values.get(name, "").strip().lower()
        if not value:
            return default
        if value in {"1", "true", "yes", "on"}:
            return True
        if value in {"0", "false", "no", "off"}:
            return False
        self.errors.append(f"{name} is neither yes nor no: {value!r}")
        return default

    def number(self, name: str, default: int) -> int:
        """Return a whole number."""
        value = self.values.get(name, "").strip()
        if not value:
            return default
        try:
            return int(value)
        except ValueError:
            self.errors.append(f"{name} is not a whole number: {value!r}")
            return default

    def url(self, name: str, default: str | None = None, *, schemes: tuple[str, ...]) -> str:
        """Return an address whose scheme is one of `schemes` and that names a host; '' is allowed as a default."""
        value = self.text(name, default)
        if not value:
            return ""
        split = urlsplit(value)
        if split.scheme not in schemes or not split.hostname or not _has_valid_port(split):
            self.errors.append(f"{name} must be {' or '.join(f'{s}://…' for s in schemes)} with a host")
            return default or ""
        return value

    def networks(self, name: str) -> list[str]:
        """Return networks such as `10.0.0.0/8, ::1`; none where it is not set."""
        parts = [part.strip() for part in self.values.get(name, "").split(",") if part.strip()]
        try:
            return [str(ipaddress.ip_network(part, strict=False)) for part in parts]
        except ValueError:
            self.errors.append(f"{name} must be networks such as 10.0.0.0/8, separated by commas")
            return []

    def token(self, name: str) -> str:
        """Return a secret that a program shows; "" where it is not set."""
        value = self.values.get(name, "").strip()
        if value and len(value) < SHORTEST_TOKEN:
            self.errors.append(f"{name} must have {SHORTEST_TOKEN} characters or more")
        return value

    def database(self, name: str, default: str | None = None) -> dict[str, Any]:
        """Return Django's database settings for a URL such as postgres://user:password@host/name."""

        def parse(value: str) -> dict[str, Any]:
            # Before the parser looks at it, which warns of an unknown scheme and repeats the password.
            if urlsplit(value).scheme not in DATABASE_SCHEMES:
                raise ValueError
            return dict(environ.Env.db_url_config(value))

        return self._parsed(name, default, parse, hint="postgres://user:password@host/name or sqlite:///path")

    def keys(self, name: str, default: str | None = None) -> dict[str, str]:
        """Return `id:secret,id:secret` as a dict; the first key signs, all of them verify."""

        def parse(value: str) -> dict[str, str]:
            pairs = [part.strip().partition(":") for part in value.split(",") if part.strip()]
            if not pairs or any(not key_id or len(secret) < 32 for key_id, _, secret in pairs):  # noqa: PLR2004
                raise ValueError
            return {key_id: secret for key_id, _, secret in pairs}

        return self._parsed(name, default, parse, hint="id:secret[,id:secret…] with secrets of 32 characters or more")

    def _parsed(
        self, name: str, default: str | None, parse: Callable[[str], Any], *, hint: str = "an address like scheme://…"
    ) -> dict[str, Any]:
        value = self.text(name, default)
        if not value:
            return {}
        try:
            return dict(parse(value))
        except (ValueError, KeyError, ImproperlyConfigured):
            self.errors.append(f"{name} is malformed: it must be {hint}")
            return {}

    def finish(self) -> None:
        """Raise one `IncompleteEnvironmentError` that names every fault found so far."""
        if self.errors:
            message = "The environment is not complete:\n" + "\n".join(f"  - {error}" for error in self.errors)
            raise IncompleteEnvironmentError(message)


def _has_valid_port(split: SplitResult) -> bool:
    try:
        return split.port is None or split.port > 0
    except ValueError:
        return False


def smtp_settings(url: str) -> dict[str, Any]:
    """Turn `smtp://`, `smtp+starttls://` or `smtps://` into the host, port, login and TLS mode of a relay."""
    split = urlsplit(url)
    security = {"smtp": "none", "smtp+starttls": "starttls", "smtps": "tls"}[split.scheme]
    return {
        "host": split.hostname,
        "port": split.port or {"none": 25, "starttls": 587, "tls": 465}[security],
        "username": unquote(split.username or ""),
        "password": unquote(split.password or ""),
        "security": security,
    }
