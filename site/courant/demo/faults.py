"""What is wrong with the demo's content, said so that whoever wrote it can mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class ContentFault(ValueError):  # noqa: N818 (named like the other refusals of DESIGN §9)
    """A text cannot be loaded: names the file, the entry in it, and what to do."""

    def __init__(self, file: Path | str, entry: str, message: str) -> None:
        """Say `message` about `entry` (a key, a block, a slug; "" for the whole file) of `file`."""
        self.file = str(file)
        self.entry = entry
        self.message = message
        super().__init__(": ".join(part for part in (self.file, entry, message) if part))
