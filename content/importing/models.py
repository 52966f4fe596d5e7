"""What an import remembers, so that a second run changes nothing and a killed one resumes."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class ImportedItem(models.Model):
    """One source file and what it became.

    `source` names the import (the mapping's `name`), `path` the file within its folder; `digest` is of the file's
    bytes, the mapping and the importer's version, so that an unchanged file is skipped without a write. `kind` and
    `object_id` name what it became (a page's or snippet's primary key; 0 for redirects). `fingerprint` is of the
    page as the import left it: a page whose fingerprint differs was edited, and belongs to its editor. `waiting` are
    the files it links to that had not been made yet. `outcome` keeps the report's lines, so that the report of a
    later run is complete without reading the file again.
    """

    source = models.CharField(max_length=80)
    path = models.CharField(max_length=500)
    digest = models.CharField(max_length=64)
    kind = models.CharField(max_length=24)
    object_id = models.PositiveBigIntegerField(default=0)
    fingerprint = models.CharField(max_length=64, blank=True)
    waiting = models.JSONField(default=list)
    outcome = models.JSONField(default=dict)
    imported_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=("source", "path"), name="one_item_a_source_path")]

    def __str__(self) -> str:
        return f"{self.source}:{self.path}"
