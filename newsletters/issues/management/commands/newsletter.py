"""`manage.py newsletter VERB …`: compile and preflight here, the other verbs from the rooms above."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from newsletters.issues.compiled import render_for
from newsletters.issues.models import IssuePage
from newsletters.issues.preflight import Level, preflight_issue
from newsletters.issues.previews import sample_values
from newsletters.issues.registry import Subcommand, registry
from newsletters.issues.selectors import issue_draft
from newsletters.issues.services import IssueIncomplete, compile_issue
from newsletters.mjml import MjmlError

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Dispatches to the verb; each says by itself what it takes."""

    help = "Compiles, checks, sends and follows the issues of newsletters."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        for subcommand in (*SUBCOMMANDS, *registry.subcommands.values()):
            verb = verbs.add_parser(subcommand.name, help=subcommand.help, description=subcommand.help)
            subcommand.add_arguments(verb)
            verb.set_defaults(subcommand=subcommand)

    def handle(self, *args: Any, **options: Any) -> None:
        subcommand: Subcommand = options.pop("subcommand")
        subcommand.handle(self, options)


def find_issue(wanted: str) -> IssuePage:
    """The issue with this page number or this path, as it was last saved.

    Raises:
        CommandError: there is none.
    """
    if wanted.isdigit():
        found = IssuePage.objects.filter(pk=int(wanted)).first()
    else:
        path = "/" + wanted.strip("/") + "/"
        found = next((each for each in IssuePage.objects.all() if each.path_on_site == path), None)
    if found is None:
        raise CommandError(f"There is no issue “{wanted}”; give its page number or its path.")
    return issue_draft(found)


def _add_issue(parser: CommandParser) -> None:
    parser.add_argument("issue", help="the issue's page number, or its path such as /newsletters/round/may/")


def _add_compile(parser: CommandParser) -> None:
    _add_issue(parser)
    parser.add_argument("--folder", type=Path, help="write the mail, as a sample subscriber gets it, into this folder")


def _compile(command: BaseCommand, options: dict[str, Any]) -> None:
    try:
        compiled = compile_issue(issue=find_issue(options["issue"]))
    except (IssueIncomplete, MjmlError) as error:
        raise CommandError(str(error)) from error
    mail = render_for(compiled, sample_values(), compiled.topic_ids)
    folder: Path | None = options["folder"]
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "mail.html").write_text(mail.html, encoding="utf-8")
            (folder / "mail.txt").write_text(mail.text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"Cannot write into {folder}: {error.strerror}.") from error
        command.stdout.write(f"Wrote {folder / 'mail.html'} and {folder / 'mail.txt'}.")
    command.stdout.write(f"{mail.subject}\n{len(mail.html.encode()):,} bytes of HTML, content {compiled.content_hash}")
    for cost in sorted(compiled.blocks, key=lambda each: -each.size):
        command.stdout.write(f"{cost.size:>9,}  {cost.label}")
    for warning in compiled.warnings:
        command.stderr.write(command.style.WARNING(warning))


def _add_preflight(parser: CommandParser) -> None:
    _add_issue(parser)
    parser.add_argument("--ask-outside", action="store_true", help="ask addresses elsewhere whether they answer")
    parser.add_argument("--json", action="store_true", help="one line of JSON instead of words")


def _preflight(command: BaseCommand, options: dict[str, Any]) -> None:
    report = preflight_issue(issue=find_issue(options["issue"]), ask_outside=options["ask_outside"])
    if options["json"]:
        findings = [
            {"level": each.level, "check": each.check, "message": each.message, "block": each.block_id}
            for each in report.findings
        ]
        command.stdout.write(json.dumps({"passes": report.passes, "findings": findings}, ensure_ascii=False))
    else:
        styles = {
            Level.ERROR: command.style.ERROR,
            Level.WARNING: command.style.WARNING,
            Level.OK: command.style.SUCCESS,
        }
        for finding in report.findings:
            command.stdout.write(styles[finding.level](str(finding)))
    if not report.passes:
        count = len(report.errors)
        raise CommandError(f"{count} error{'' if count == 1 else 's'}: the issue cannot be sent.", returncode=1)


SUBCOMMANDS = (
    Subcommand("compile", "compile an issue and say what each block costs", _add_compile, _compile),
    Subcommand("preflight", "check an issue; fails when it cannot be sent", _add_preflight, _preflight),
)
