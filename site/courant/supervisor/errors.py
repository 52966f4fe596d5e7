"""What the operator can put right."""

from __future__ import annotations


class CannotRunError(Exception):
    """Courant cannot start here; the message is one line that says why and what to do."""
