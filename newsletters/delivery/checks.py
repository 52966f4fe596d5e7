"""The ledger's one rule for its indexes, kept by machine."""

from __future__ import annotations

from typing import Any, Final

from django.core.checks import Error, register
from django.db.models import F, Index, UniqueConstraint

from newsletters.delivery.models import Recipient

CHANGED_BY_OUTCOMES: Final = frozenset({"state", "attempts", "smtp_code", "smtp_text", "done_at"})


@register
def check_recipient_indexes(**_: Any) -> list[Error]:
    """Fail when an index of the ledger names a column that an outcome changes."""
    options = Recipient._meta  # noqa: SLF001 (Django's public name)
    named: set[str] = {
        field.name for field in options.fields if getattr(field, "db_index", False) or getattr(field, "unique", False)
    }
    for index in (*options.indexes, *options.constraints):
        if isinstance(index, (Index, UniqueConstraint)):
            named.update(name.lstrip("-") for name in index.fields)
            for expression in (*getattr(index, "expressions", ()), getattr(index, "condition", None)):
                named.update(_names(expression))
    hot = sorted(named & CHANGED_BY_OUTCOMES)
    if not hot:
        return []
    return [
        Error(
            f"An index of the ledger names {', '.join(hot)}, which every outcome changes.",
            hint="PostgreSQL could then no longer update rows in place: four times the write-ahead log a message.",
            obj=Recipient,
            id="delivery.E001",
        )
    ]


def _names(expression: Any) -> set[str]:
    if expression is None:
        return set()
    if isinstance(expression, F):
        return {str(getattr(expression, "name", ""))}
    if isinstance(expression, tuple):
        return {str(expression[0]).split("__")[0]}
    parts = [*getattr(expression, "children", ()), *(getattr(expression, "get_source_expressions", list)() or ())]
    return set().union(*(_names(part) for part in parts)) if parts else set()
