"""Importing: the plan is carried out, a batch a transaction, so that a killed run has lost at most one batch."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from content.importing.models import ImportedItem
from content.importing.progress import Progress
from content.importing.services.run import Run

if TYPE_CHECKING:
    from pathlib import Path

    from content.importing.mapping import Mapping
    from content.importing.report import ImportReport

__all__ = ["forget_files", "import_folder"]


def forget_files(*, mapping: Mapping, pattern: str) -> int:
    """Forget what earlier runs made of the files that fit `pattern`, so that the next makes them anew.

    For a page that was deleted, or whose edits are to give way to the file: delete the page, then forget the file.
    Pages that are there stay; the next run gives the new ones another address.
    """
    items = ImportedItem.objects.filter(source=mapping.name)
    chosen = [item.pk for item in items.only("path") if fnmatch.fnmatch(item.path, pattern)]
    ImportedItem.objects.filter(pk__in=chosen).delete()
    return len(chosen)


def import_folder(
    *, folder: Path, mapping: Mapping, dry_run: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Import a folder as the mapping says; what has not changed since the last run is not written again.

    A run that was killed is resumed by running it again, and ends like one that was not. A file that changed
    updates its page unless an editor has changed the page meanwhile: then the page stays, and the report says so.
    """
    return Run(folder, mapping, progress or Progress(), dry_run=dry_run).report_of_it()
