"""The verbs that delivery adds to `manage.py newsletter`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from newsletters.delivery import services
from newsletters.delivery.models import Mailing
from newsletters.delivery.selectors import mailing_counts
from newsletters.delivery.states import ForbiddenMoveError, MailingState
from newsletters.issues.models import IssuePage
from newsletters.issues.preflight import preflight_issue
from newsletters.issues.registry import Subcommand
from newsletters.issues.selectors import issue_draft

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.core.management.base import BaseCommand, CommandParser


def _mailing(options: dict[str, Any]) -> Mailing:
    mailing = Mailing.objects.filter(pk=options["mailing"]).first()
    if mailing is None:
        raise CommandError(f"There is no mailing {options['mailing']}. `manage.py newsletter status` lists them.")
    return mailing


def _takes_mailing(parser: CommandParser) -> None:
    parser.add_argument("mailing", type=int, help="the mailing's number, as `status` shows it")


def _steering(service: Callable[..., Mailing]) -> Callable[[BaseCommand, dict[str, Any]], None]:
    def handle(command: BaseCommand, options: dict[str, Any]) -> None:
        try:
            mailing = service(mailing=_mailing(options))
        except ForbiddenMoveError as error:
            raise CommandError(str(error)) from error
        command.stdout.write(_line(mailing))

    return handle


def _add_status(parser: CommandParser) -> None:
    parser.add_argument("mailing", type=int, nargs="?", help="one mailing; all that are under way when left out")
    parser.add_argument("--json", action="store_true", help="one line of JSON a mailing")


def _status(command: BaseCommand, options: dict[str, Any]) -> None:
    one = options["mailing"] is not None
    mailings = [_mailing(options)] if one else list(Mailing.objects.under_way()) or list(Mailing.objects.all()[:5])
    if not mailings:
        command.stdout.write("There are no mailings.")
    for mailing in mailings:
        command.stdout.write(_json_line(mailing) if options["json"] else _line(mailing))


def _add_send(parser: CommandParser) -> None:
    parser.add_argument("issue", type=int, help="the issue's page number")
    parser.add_argument(
        "--at", default="", help="when to send, as 2026-11-24T09:00 (local time); at once when left out"
    )
    parser.add_argument(
        "--here",
        action="store_true",
        help="send in this process instead of leaving it to the workers, and stay until it is done; Ctrl-C pauses",
    )


def _send(command: BaseCommand, options: dict[str, Any]) -> None:
    issue = IssuePage.objects.filter(pk=options["issue"]).first()
    if issue is None:
        raise CommandError(f"There is no issue with the page number {options['issue']}.")
    at = _moment(options["at"])
    report = preflight_issue(issue=issue_draft(issue))
    if not report.passes or report.compiled is None:
        raise CommandError("The preflight found what must be mended first; see `manage.py newsletter preflight`.")
    try:
        mailing = services.freeze_mailing(compiled=report.compiled, at=timezone.now(), scheduled_at=at)
    except ValueError as error:
        raise CommandError(str(error)) from error
    mailing = services.freeze_audience(mailing=mailing)
    if options["here"] and at is None:
        mailing = _send_here(command, mailing)
    command.stdout.write(_line(mailing))


def _send_here(command: BaseCommand, mailing: Mailing) -> Mailing:
    mailing = services.start_mailing(mailing=mailing)
    try:
        while mailing.state == MailingState.SENDING:
            services.run_sender(mailing_id=mailing.pk)
            command.stderr.write(_line(mailing))
            services.sweep_mailings()
            mailing.refresh_from_db()
            if mailing.deferrals.exists() or mailing.not_before:
                break
    except KeyboardInterrupt:
        mailing = services.pause_mailing(mailing=mailing)
    return mailing


def _moment(text: str) -> Any:
    if not text:
        return None
    at = parse_datetime(text)
    if at is None:
        raise CommandError(f"{text!r} is no moment; write it as 2026-11-24T09:00.")
    return timezone.make_aware(at) if timezone.is_naive(at) else at


def _add_unknown(parser: CommandParser) -> None:
    _takes_mailing(parser)
    parser.add_argument("numbers", type=int, nargs="*", help="recipients by number; all unknown ones when left out")
    parser.add_argument("--close", action="store_true", help="leave them as they are instead of sending again")


def _resend_unknown(command: BaseCommand, options: dict[str, Any]) -> None:
    mailing = _mailing(options)
    service = services.close_unknown if options["close"] else services.resend_unknown
    try:
        moved = service(mailing=mailing, numbers=options["numbers"] or None)
    except ForbiddenMoveError as error:
        raise CommandError(str(error)) from error
    command.stdout.write(
        f"{moved} recipient{'' if moved == 1 else 's'} {'closed' if options['close'] else 'to be sent again'}"
    )


def _compact(command: BaseCommand, options: dict[str, Any]) -> None:
    del options
    done = services.Compacted(is_done=False)
    while not done.is_done:
        done = services.compact_mailings(at=timezone.now(), box=10)
        command.stdout.write(
            f"{done.mailings} mailings compacted, {done.recipients} recipients,"
            f" {done.receipts_removed} receipts removed"
        )


def _line(mailing: Mailing) -> str:
    mailing.refresh_from_db()
    figures = ", ".join(f"{number:,} {words}" for words, number in mailing_counts(mailing).as_figures().items())
    trouble = f" — {mailing.trouble}" if mailing.trouble else ""
    return f"{mailing.pk}  {mailing.get_state_display()}: {figures}{trouble}  [{mailing.title}]"


def _json_line(mailing: Mailing) -> str:
    counts = mailing_counts(mailing)
    fields = ("total", "pending", "accepted", "deferred", "rejected", "unknown", "suppressed", "closed")
    return json.dumps(
        {"mailing": mailing.pk, "state": mailing.state, **{name: getattr(counts, name) for name in fields}}
    )


SUBCOMMANDS = (
    Subcommand("send", "freeze an issue and send it", _add_send, _send),
    Subcommand("status", "show how far mailings have come", _add_status, _status),
    Subcommand("pause", "stop a mailing for now", _takes_mailing, _steering(services.pause_mailing)),
    Subcommand("resume", "go on with a paused mailing", _takes_mailing, _steering(services.resume_mailing)),
    Subcommand("cancel", "end a mailing for good", _takes_mailing, _steering(services.cancel_mailing)),
    Subcommand("compact", "turn mailings that have been over for long into counts now", lambda _: None, _compact),
    Subcommand("resend-unknown", "send again, or close, what is unknown after a crash", _add_unknown, _resend_unknown),
)
