"""Importing: the plan is carried out, a batch a transaction, so that a killed run has lost at most one batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from content.importing.progress import Progress
from content.importing.services.run import Run

if TYPE_CHECKING:
    from pathlib import Path

    from content.importing.mapping import Mapping
    from content.importing.report import ImportReport

__all__ = ["import_folder"]


def import_folder(
    *, folder: Path, mapping: Mapping, dry_run: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Import a folder as the mapping says; what has not changed since the last run is not written again.

    A run that was killed is resumed by running it again, and ends like one that was not. A file that changed
    updates its page unless an editor has changed the page meanwhile: then the page stays, and the report says so.
    """
    return Run(folder, mapping, progress or Progress(), dry_run=dry_run).report_of_it()
