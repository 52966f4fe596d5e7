"""Which personal data are kept, why, how they leave: every room declares its own here, in its `AppConfig.ready`.

A contract test walks all models of the site and fails on a field that looks like an address, a name or a token and
is declared nowhere. Export and erasure (UK GDPR Art. 15, 17 and 20) walk the same declarations, so that a room that
declares its data is also found when a subscriber asks for them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.db.models import Field, Model

    from newsletters.audience.models import Subscriber

    Exporter = Callable[[Subscriber], Any]
    Eraser = Callable[[Subscriber], None]

# Names of fields that suggest a person behind them. Kept broad: a false alarm costs one line of `NOT_PERSONAL`.
SUSPICIOUS = re.compile(
    r"(^|_)(e?mail|canonical|address|name|first_name|last_name|surname|username|phone|ip|token|birth|postcode|recipient)(_|$)"
)


@dataclass(frozen=True, slots=True)
class Declaration:
    """What one model keeps about people.

    `model` is "app_label.ModelName"; `fields` are the personal ones. `retention` and `erased_by` are for the record
    of processing activities (UK GDPR Art. 30) and read as sentences. `export` returns what the person gets, as JSON
    types; `erase` removes or blanks what is theirs. A model that the subscriber's row takes with it (CASCADE) needs
    no `erase`; one about other people (editors, authors) needs neither.
    """

    model: str
    fields: tuple[str, ...]
    what: str
    why: str
    retention: str
    erased_by: str
    export_key: str = ""
    export: Exporter | None = None
    erase: Eraser | None = None


class PersonalData:
    """The declarations of all rooms."""

    def __init__(self) -> None:
        """Start with none."""
        self._declarations: dict[str, Declaration] = {}
        self._exempt: set[str] = set()

    def declare(self, declaration: Declaration) -> None:
        """Add a model's declaration; a second one for the same model is a mistake.

        Raises:
            ValueError: the model is declared already.
        """
        if declaration.model in self._declarations:
            raise ValueError(f"{declaration.model} has declared its personal data already")
        self._declarations[declaration.model] = declaration

    def exempt(self, field: str) -> None:
        """Say that a field ("app_label.Model.field") looks personal by its name and is not about a person."""
        self._exempt.add(field)

    def exemptions(self) -> frozenset[str]:
        """The fields that are exempt."""
        return frozenset(self._exempt)

    def __iter__(self) -> Iterator[Declaration]:
        return iter(self._declarations.values())

    def declared_fields(self, model: type[Model]) -> frozenset[str]:
        """The personal fields of a model, as declared."""
        declaration = self._declarations.get(model._meta.label)  # noqa: SLF001 (Django's public name)
        return frozenset(declaration.fields if declaration else ())


def looks_personal(field: Field[Any, Any]) -> bool:
    """Whether a field's name or type suggests that it holds an address, a name or a token of a person."""
    if field.get_internal_type() in {"EmailField", "GenericIPAddressField"}:
        return True
    textual = field.get_internal_type() in {"CharField", "TextField", "UUIDField", "JSONField", "BinaryField"}
    return textual and SUSPICIOUS.search(field.name) is not None


personal_data = PersonalData()
