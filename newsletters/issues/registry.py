"""What `delivery` fills in `AppConfig.ready`, because it imports `issues` and not the other way round.

- `send_hook`: puts an issue on its way, now or at a time; the issue desk's button calls it.
- `mailings_hook`: what has become of an issue's mailings, for the desk to show.
- `checks`: what preflight should look at beyond the issue itself, for example the route.
- `subcommands`: the verbs of `manage.py newsletter` beyond `compile` and `preflight`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from django.core.management.base import BaseCommand, CommandParser

    from newsletters.issues.compiled import CompiledIssue
    from newsletters.issues.models import IssuePage


@dataclass(frozen=True, slots=True)
class MailingSummary:
    """One mailing of an issue in a line: its state in words, its figures, and where its own page is ("" for none)."""

    label: str
    state: str
    figures: dict[str, int]
    url: str = ""


class SendHook(Protocol):
    """Freeze a mailing and let it start at `at` (now when None). The preflight has passed when this is called."""

    def __call__(self, *, issue: IssuePage, compiled: CompiledIssue, at: datetime | None, by: Any) -> MailingSummary:
        """Return the new mailing; raise `ValueError` with words for the editor when it cannot be sent."""
        ...


class MailingsHook(Protocol):
    """The mailings of an issue, newest first."""

    def __call__(self, *, issue: IssuePage) -> Sequence[MailingSummary]:
        """Return one summary a mailing; tests to single addresses are none."""
        ...


class Check(Protocol):
    """A further check of preflight, for example that the route can send one-click headers."""

    def __call__(self, *, issue: IssuePage, compiled: CompiledIssue) -> Iterable[tuple[str, str, str]]:
        """Yield level ("error", "warning" or "ok"), the check's name, and a message that says what to do."""
        ...


@dataclass(frozen=True, slots=True)
class Subcommand:
    """A verb of `manage.py newsletter`; `handle` gets the command (for its `stdout` and `style`) and the options."""

    name: str
    help: str
    add_arguments: Callable[[CommandParser], None]
    handle: Callable[[BaseCommand, dict[str, Any]], None]


@dataclass(slots=True)
class Registry:
    """The hooks; None until the room that fills them is installed."""

    send_hook: SendHook | None = None
    mailings_hook: MailingsHook | None = None
    checks: list[Check] = field(default_factory=list)
    subcommands: dict[str, Subcommand] = field(default_factory=dict)

    def add_subcommand(self, subcommand: Subcommand) -> None:
        """Register a verb; the name must be new."""
        if subcommand.name in self.subcommands:
            raise ValueError(f"newsletter {subcommand.name} is registered already")
        self.subcommands[subcommand.name] = subcommand


registry = Registry()
