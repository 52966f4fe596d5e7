"""System checks: what would make every message go out without a valid signature."""

from __future__ import annotations

from typing import Any

from django.core.checks import Error, register

from newsletters.transport.signing import KeyUnusableError, configured_signer


@register
def check_dkim_key(**_: Any) -> list[Error]:
    """Fail at start when the DKIM key cannot be used."""
    try:
        configured_signer()
    except KeyUnusableError as error:
        return [Error(str(error), hint="See docs/operators/delivery.md.", id="transport.E001")]
    return []
