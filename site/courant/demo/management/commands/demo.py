"""Load the demo: an invented institute with pages, newsletters and subscribers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from courant.demo.faults import ContentFault
from courant.demo.services import load_demo

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Run after `migrate`; may be interrupted and run again."""

    help = "Loads the demo site. A second run changes nothing; what editors have changed stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--reset-dates",
            action="store_true",
            help="Also move the dates of demo pages that are there, as if they were loaded today.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = load_demo(say=self._say, reset_dates=options["reset_dates"])
        except ContentFault as fault:
            raise CommandError(str(fault)) from fault
        if not made:
            self._say("The demo was there already; nothing to do.")
        for what, count in sorted(made.items()):
            self._say(f"{count:5d} {what}")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
