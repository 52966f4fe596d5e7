"""`manage.py subscribers import|export FILE`: lists in and out as CSV."""

from __future__ import annotations

import csv
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from newsletters.audience.models import Basis, Ground, MailingList, State
from newsletters.audience.services import GroundRefused, check_ground
from newsletters.audience.spreadsheets import FileRefused, Import, Permission, Report, export_rows

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator

# An attestation says who obtained the permission, where and when; nothing shorter than this can.
SHORTEST_ATTESTATION = 20


class Command(BaseCommand):
    """Import with an attested permission, or export."""

    help = "Import subscribers from a CSV file with an attested permission, or export them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Two actions, each with its own options."""
        actions = parser.add_subparsers(dest="action", required=True)
        into = actions.add_parser("import", help="Columns: email, name, topics (slugs, ';'), frequency, since.")
        into.add_argument("file", type=Path)
        into.add_argument("--list", required=True, help="Slug of the list.")
        into.add_argument("--ground", required=True, choices=Ground.values, help="PECR reg. 22.")
        into.add_argument("--basis", required=True, choices=Basis.values, help="UK GDPR Art. 6.")
        into.add_argument(
            "--attestation",
            required=True,
            help="Who says that permission was given, where, when and in which words. Kept with every record.",
        )
        into.add_argument("--dry-run", action="store_true", help="Check and report, change nothing.")
        out = actions.add_parser("export", help="One row a subscription.")
        out.add_argument("file", type=Path, help="'-' for standard output.")
        out.add_argument("--list", help="Slug of one list.")
        out.add_argument("--state", choices=State.values)
        out.add_argument("--force", action="store_true", help="Replace a file that exists.")

    def handle(self, *_: Any, **options: Any) -> None:
        """Do one of the two."""
        if options["action"] == "import":
            self._import(options)
        else:
            self._export(options)

    def _import(self, options: dict[str, Any]) -> None:
        attestation = options["attestation"].strip()
        if len(attestation) < SHORTEST_ATTESTATION:
            raise CommandError("--attestation must say who obtained the permission, where, when and in which words.")
        try:
            check_ground(ground=options["ground"], basis=options["basis"])
        except GroundRefused as error:
            raise CommandError(str(error)) from error
        permission = Permission(_list(options["list"]), options["ground"], options["basis"], attestation)
        run = Import(permission=permission, at=timezone.now(), dry_run=options["dry_run"])
        report = run.report
        try:
            with options["file"].open(encoding="utf-8-sig", newline="") as file:
                run.run(file, progress=self._progress)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        except FileRefused as error:
            raise CommandError(f"{error} {_so_far(report)}") from error
        except KeyboardInterrupt:
            self._tell(report, dry_run=options["dry_run"])
            raise CommandError("Interrupted. Run it again: what is done stays done.") from None
        self._tell(report, dry_run=options["dry_run"])

    def _progress(self, report: Report) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{report.rows} rows", ending="")

    def _tell(self, report: Report, *, dry_run: bool) -> None:
        if self.stderr.isatty():
            self.stderr.write("")
        for line, reason in report.refused:
            self.stdout.write(f"line {line}: {reason}")
        verb = "would be added" if dry_run else "added"
        self.stdout.write(f"{report.added} {verb}, {report.unchanged} unchanged, {len(report.refused)} refused.")

    def _export(self, options: dict[str, Any]) -> None:
        mailing_list = _list(options["list"]) if options["list"] else None
        count = -1  # the header
        with self._target(options["file"], force=options["force"]) as file:
            writer = csv.writer(file)
            for row in export_rows(mailing_list=mailing_list, state=options["state"]):
                writer.writerow(row)
                count += 1
        self.stderr.write(f"{count} subscriptions exported.")

    @contextmanager
    def _target(self, path: Path, *, force: bool) -> Iterator[IO[str]]:
        """The file, readable by its owner alone: it holds addresses."""
        if str(path) == "-":
            yield sys.stdout
            return
        flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
        try:
            descriptor = os.open(path, flags, 0o600)
        except FileExistsError as error:
            raise CommandError(f"{path} exists; --force replaces it.") from error
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file


def _list(slug: str) -> MailingList:
    found: MailingList | None = MailingList.objects.open().filter(slug=slug).first()
    if found is None:
        known = ", ".join(MailingList.objects.open().values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"There is no open list {slug!r}. Known: {known}.")
    return found


def _so_far(report: Report) -> str:
    return f"Before that, {report.added} rows were added." if report.added else ""
