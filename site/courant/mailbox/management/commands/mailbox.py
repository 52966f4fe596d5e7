"""`manage.py mailbox`: what is in the mailbox, and how it treats what it is handed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from courant.mailbox.behaviour import Behaviour, read_behaviour, write_behaviour
from courant.mailbox.storage import Mailbox

if TYPE_CHECKING:
    from argparse import ArgumentParser

REPLY_CODES = range(400, 600)


class Command(BaseCommand):
    """Show, empty or slow down the built-in mailbox."""

    help = "Show how many mails the mailbox keeps; make it slow or make it refuse, for trying out delivery."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--delay", type=float, metavar="SECONDS", help="Wait so long before taking each message.")
        parser.add_argument(
            "--refuse", action="append", metavar="PATTERN:CODE", help="Refuse recipients, such as '*@full.example:452'."
        )
        parser.add_argument(
            "--hang-up", action="append", metavar="PATTERN", help="Take these, but cut the line before saying so."
        )
        parser.add_argument("--reset", action="store_true", help="Take everything at once again.")
        parser.add_argument("--empty", action="store_true", help="Delete every message.")

    def handle(self, **options: Any) -> None:
        if not settings.COURANT_MAILBOX:
            raise CommandError("There is no mailbox under these settings: mail goes to the relay of SMTP_URL.")
        root = settings.MAILBOX_ROOT
        behaviour = asdict(Behaviour() if options["reset"] else read_behaviour(root))
        if options["delay"] is not None:
            behaviour["delay"] = max(0.0, options["delay"])
        if options["refuse"]:
            behaviour["refuse"] = dict(_refusal(text) for text in options["refuse"])
        if options["hang_up"]:
            behaviour["hang_up"] = tuple(options["hang_up"])
        write_behaviour(root=root, behaviour=Behaviour(**behaviour))
        if options["empty"]:
            self.stdout.write(f"{Mailbox(root).delete_all()} messages deleted")
        self.stdout.write(f"{len(Mailbox(root).names())} messages; {Behaviour(**behaviour)}")


def _refusal(text: str) -> tuple[str, int]:
    pattern, _, code = text.rpartition(":")
    if not pattern or not code.isdigit() or int(code) not in REPLY_CODES:
        raise CommandError(f"--refuse takes PATTERN:CODE with a code from 400 to 599, not {text!r}.")
    return pattern, int(code)
