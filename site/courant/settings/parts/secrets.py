"""Secrets of the one-machine installation: made at the first start, kept under `var/`, never a default value."""

from __future__ import annotations

import errno
import json
import os
import secrets
from typing import TYPE_CHECKING

from courant.settings.parts.environment import IncompleteEnvironmentError

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("SECRET_KEY", "LINK_KEY", "SUPPRESSION_KEY", "BROKER_PASSWORD", "ADMIN_PASSWORD")


def local_secrets(var: Path) -> dict[str, str]:
    """Return the secrets kept in `var/secrets.json`, making what is missing; only the owner may read the file.

    Two processes may start at once, so the file is created by `link`, which only one of them can win.

    Raises:
        IncompleteEnvironmentError: the folder cannot be written to or its disk is full.
    """
    try:
        return _read_or_make_secrets(var)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            reason = f"No disk space under {var}: make room, or set COURANT_VAR to a folder on another disk."
        else:
            reason = f"Cannot write to {var} ({error.strerror}): set COURANT_VAR to a folder that can be written to."
        raise IncompleteEnvironmentError(reason) from error


def _read_or_make_secrets(var: Path) -> dict[str, str]:
    path = var / "secrets.json"
    if path.exists():
        kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        if all(kept.get(name) for name in NAMES):
            return kept
    else:
        kept = {}
    made = {name: kept.get(name) or secrets.token_urlsafe(32 if name != "ADMIN_PASSWORD" else 12) for name in NAMES}
    var.mkdir(parents=True, exist_ok=True)
    draft = var / f".secrets.{os.getpid()}.{secrets.token_hex(4)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(made, file, indent=1)
    try:
        if kept:
            draft.replace(path)
            return made
        os.link(draft, path)
    except FileExistsError:
        return _read_or_make_secrets(var)
    finally:
        draft.unlink(missing_ok=True)
    return made
