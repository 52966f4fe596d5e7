"""Import a folder of Markdown into the page tree."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from content.importing.mapping import Mapping, MappingError, load_mapping
from content.importing.progress import Progress
from content.importing.services import forget_files, import_folder


class Command(BaseCommand):
    """Run it as often as you like: what has not changed is not written again."""

    help = "Imports a folder of Markdown with front matter (Hugo, Jekyll, Eleventy); see docs/editors/importing.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", help="the folder that the mapping's folders are in")
        parser.add_argument("--mapping", required=True, help="a mapping file, or the name of one that is shipped")
        parser.add_argument("--dry-run", action="store_true", help="read and convert everything, write nothing")
        parser.add_argument("--report", help="write the whole report to this file (.md or .json)")
        parser.add_argument("--forget", metavar="PATTERN", help="first forget what became of these files (posts/*.md)")
        parser.add_argument("--quiet", action="store_true", help="show no progress")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, say how far it is, and print the report's summary."""
        folder, mapping = self.folder_and_mapping(options)
        report_path = Path(options["report"]) if options["report"] else None
        if report_path is not None and not report_path.parent.is_dir():
            raise CommandError(f"{report_path.parent}: no such folder; the report could not be written there")
        if options["forget"]:
            if options["dry_run"]:
                raise CommandError("--forget writes; leave out --dry-run")
            count = forget_files(mapping=mapping, pattern=options["forget"])
            self.stdout.write(f"{count} files forgotten.")
        # Wagtail says of every page that it was made, and of every task that it ran: five lines a page.
        for name in ("django_tasks", "wagtail"):
            logging.getLogger(name).setLevel(logging.WARNING)
        progress = Progress() if options["quiet"] else Progress.on_stderr()
        try:
            report = import_folder(folder=folder, mapping=mapping, dry_run=options["dry_run"], progress=progress)
        except KeyboardInterrupt:
            raise CommandError("Stopped. What is imported is kept; run the same command again to go on.") from None
        self.stdout.write(report.summary())
        if report_path is not None:
            report.write(report_path)
            self.stdout.write(f"The whole report is in {report_path}.")

    def folder_and_mapping(self, options: dict[str, Any]) -> tuple[Path, Mapping]:
        """The folder and the mapping, when they fit each other."""
        folder = Path(options["folder"])
        if not folder.is_dir():
            raise CommandError(f"{folder}: no such folder")
        try:
            mapping = load_mapping(options["mapping"])
        except MappingError as error:
            raise CommandError(str(error)) from None
        missing = [rule.folder for rule in mapping.folders if not (folder / rule.folder).is_dir()]
        if len(missing) == len(mapping.folders):
            raise CommandError(
                f"{folder} has none of the mapping's folders ({', '.join(missing)}); is it the right one?"
            )
        for name in missing:
            self.stderr.write(f"{folder / name}: the mapping names this folder, but it is not there")
        return folder, mapping
