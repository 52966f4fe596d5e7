"""The verbs for what comes back: a pipe for the mail system, a reading of the mailbox, the policy, a replay."""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.core.management.base import CommandError
from django.db import DatabaseError
from django.utils import timezone

from newsletters.delivery.bounces.mailbox import MailboxTroubleError, configured_mailbox, read_mailbox
from newsletters.delivery.bounces.parsing import parse_returned
from newsletters.delivery.models import Bounce, Returned
from newsletters.delivery.services.bounce_policy import Policy, apply_policy, judge_bounces
from newsletters.delivery.services.bounces import record_returned, replay_returned
from newsletters.issues.registry import Subcommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.management.base import BaseCommand, CommandParser

TEMPORARY_FAILURE: Final = 75
"""EX_TEMPFAIL of sysexits.h: the mail system keeps the message and pipes it again later."""
# How mail systems name the envelope recipient in the environment of a pipe: Postfix's local and pipe, qmail, Exim.
_RECIPIENT_VARIABLES: Final = ("ORIGINAL_RECIPIENT", "RECIPIENT", "X_ORIGINAL_TO")


def _add_bounce(parser: CommandParser) -> None:
    parser.add_argument("files", nargs="*", type=Path, help="messages in files or folders; one on stdin when left out")
    parser.add_argument("--recipient", default="", help="the address it came to; the environment's when left out")
    parser.add_argument(
        "--dry-run", action="store_true", help="only say what is made of it, one line of JSON a message"
    )


def _bounce(command: BaseCommand, options: dict[str, Any]) -> None:
    recipient = options["recipient"] or _recipient_of_environment()
    for name, raw in _messages(options["files"]):
        if options["dry_run"]:
            command.stdout.write(_as_json(name, raw, recipient))
            continue
        try:
            recorded = record_returned(raw=raw, at=timezone.now(), envelope_recipient=recipient)
        except DatabaseError as error:
            words = "The database is out of reach; the message must be kept and piped again."
            raise CommandError(words, returncode=TEMPORARY_FAILURE) from error
        state = recorded.returned.get_state_display() if recorded.is_new else "Read before"
        command.stdout.write(f"{state}: {len(recorded.bounces)} new on record")


def _messages(paths: list[Path]) -> Iterator[tuple[str, bytes]]:
    if not paths:
        yield "-", sys.stdin.buffer.read()
    for path in paths:
        if not path.exists():
            raise CommandError(f"There is no file {path}.")
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                yield str(file), file.read_bytes()


def _recipient_of_environment() -> str:
    return next((os.environ[name] for name in _RECIPIENT_VARIABLES if os.environ.get(name)), "")


def _as_json(name: str, raw: bytes, recipient: str) -> str:
    parsed = parse_returned(raw, envelope_recipient=recipient)
    reports = [
        {"recipient": each.address, "class": each.kind, "status": each.status, "diagnostic": each.diagnostic}
        for each in parsed.findings
    ]
    reports += [
        {"recipient": address, "class": "delayed", "status": "", "diagnostic": ""} for address in parsed.delayed
    ]
    ours = {"mailing": parsed.reference.mailing_id, "number": parsed.reference.number} if parsed.reference else None
    return json.dumps(
        {"file": name, "nature": parsed.nature.value, "ours": ours, "reports": reports}, ensure_ascii=False
    )


def _add_nothing(_: CommandParser) -> None:
    return


def _read_bounces(command: BaseCommand, _: dict[str, Any]) -> None:
    mailbox = configured_mailbox()
    if mailbox is None:
        raise CommandError("BOUNCE_IMAP is not set; see docs/operators/delivery.md.")

    def progress(done: int, total: int) -> None:
        command.stderr.write(f"{done:,} of {total:,}", ending="\n" if done == total else "\r")

    try:
        reading = read_mailbox(mailbox, box=float("inf"), progress=progress)
    except MailboxTroubleError as error:
        raise CommandError(str(error)) from error
    command.stdout.write(f"{reading.read} read, {reading.new} of them new, {reading.bounces} bounces on record")


def _add_policy(parser: CommandParser) -> None:
    parser.add_argument("--apply", action="store_true", help="act on it; without this it only says what would happen")
    parser.add_argument("--even-so", action="store_true", help="also act on hard bounces of mailings that were held")
    parser.add_argument("--soft", type=int, help="try another number of soft bounces")
    parser.add_argument("--days", type=int, help="try another number of days")
    parser.add_argument("--since", type=int, metavar="DAYS", help="look only at so many days of history")


def _policy(command: BaseCommand, options: dict[str, Any]) -> None:
    force = Policy.in_force()
    policy = Policy(soft=options["soft"] or force.soft, days=options["days"] or force.days)
    now = timezone.now()
    if options["apply"]:
        judgement = apply_policy(at=now, even_so=options["even_so"], policy=policy)
        verb = "ended"
    else:
        since = now - timedelta(days=options["since"]) if options["since"] else None
        judgement = judge_bounces(policy=policy, since=since, even_so=options["even_so"])
        verb = "would be ended"
    command.stdout.write(f"{judgement.examined:,} bounces looked at; {len(judgement.verdicts):,} subscribers {verb}:")
    for kind, words in (
        (Bounce.Kind.HARD, "by a hard bounce"),
        (Bounce.Kind.SOFT, f"by {policy.soft} soft bounces within {policy.days} days"),
        (Bounce.Kind.COMPLAINT, "by a complaint"),
    ):
        command.stdout.write(f"{judgement.count(kind):>8,}  {words}")
    if judgement.held:
        command.stdout.write(
            f"{judgement.held:>8,}  hard bounces held: too large a part of their mailing. Look at them under Mailings,"
            " then use --apply --even-so."
        )


def _add_replay(parser: CommandParser) -> None:
    parser.add_argument("--all", action="store_true", help="everything that is kept, not only what was not understood")


def _replay(command: BaseCommand, options: dict[str, Any]) -> None:
    states = list(Returned.State.values) if options["all"] else [Returned.State.UNKNOWN, Returned.State.FOREIGN]
    command.stdout.write(f"{replay_returned(states=states)} understood otherwise than before")


SUBCOMMANDS = (
    Subcommand("bounce", "read a returned message from a pipe or from files", _add_bounce, _bounce),
    Subcommand("read-bounces", "read the bounce mailbox now", _add_nothing, _read_bounces),
    Subcommand("bounce-policy", "say what the bounce policy would do, or do it", _add_policy, _policy),
    Subcommand("replay-bounces", "read returned messages again with today's rules", _add_replay, _replay),
)
