"""System checks: what would break links in mails that are out already."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.core.checks import Error, register

_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")


@register
def check_key_ids(**_: Any) -> list[Error]:
    """A key id stands in every link and in every suppression: letters, digits, "-" and "_" only."""
    errors = []
    for name in ("LINK_KEYS", "SUPPRESSION_KEYS"):
        keys: dict[str, str] = getattr(settings, name)
        if not keys:
            errors.append(Error(f"{name} holds no key.", hint="See docs/operators/keys.md.", id="audience.E001"))
        errors += [
            Error(
                f"{name}: a key id may hold up to 40 letters, digits, '-' and '_', not {key_id!r}.", id="audience.E002"
            )
            for key_id in keys
            if not _KEY_ID.fullmatch(key_id)
        ]
    return errors
