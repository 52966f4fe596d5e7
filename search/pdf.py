"""The text of a PDF, page by page, read in a process of its own: a file may be damaged, hostile or huge.

`python -m search.pdf FILE` prints JSON, and needs nothing of Django. The process has a limit of memory and of processor
time that the operating system keeps, so a file that explodes ends its reader and nothing else.
"""

from __future__ import annotations

import json
import logging
import resource
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 50 * 1024 * 1024
MOST_PAGES = 1_000
MOST_CHARACTERS = 400_000
SECONDS = 60
# What the library lets through from files that are not what they say.
DAMAGED = (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, MemoryError)
MEMORY = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Extracted:
    """The texts of the pages in order, and what is missing and why ("" when nothing is)."""

    pages: tuple[str, ...] = ()
    problem: str = ""


def extract_text(path: Path) -> Extracted:
    """Read a PDF; whatever it is, this returns within `SECONDS` and says what went wrong in words for an editor."""
    if path.stat().st_size > MOST_BYTES:
        return Extracted(problem=f"larger than {MOST_BYTES // 1024 // 1024} MB: its text is not searched")
    try:
        done = subprocess.run(  # noqa: S603 (our own module, and a path of our own)
            [sys.executable, "-m", "search.pdf", str(path)], capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return Extracted(problem=f"took longer than {SECONDS} seconds to read")
    try:
        said = json.loads(done.stdout)
        return Extracted(tuple(said["pages"]), said["problem"])
    except (ValueError, KeyError, TypeError):
        return Extracted(problem="could not be read: damaged, or it needs too much memory or time")


def read(path: str) -> Extracted:
    """Read a PDF in this process."""
    from pypdf import PdfReader  # noqa: PLC0415 (only in the process that reads)
    from pypdf.errors import FileNotDecryptedError, PyPdfError  # noqa: PLC0415 (as above)

    pages: list[str] = []
    size = 0
    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            return Extracted(problem="protected by a password: its text is not searched")
        for page in reader.pages:
            if len(pages) == MOST_PAGES or size > MOST_CHARACTERS:
                return Extracted(tuple(pages), f"only its first {len(pages)} pages are searched")
            text = page.extract_text()
            size += len(text)
            pages.append(text)
    except FileNotDecryptedError:
        return Extracted(problem="protected by a password: its text is not searched")
    except (PyPdfError, *DAMAGED) as error:
        return Extracted(tuple(pages), f"could be read only to page {len(pages)}: {type(error).__name__}")
    if not any(text.strip() for text in pages):
        return Extracted(tuple(pages), "holds no text (scanned pages?)")
    return Extracted(tuple(pages))


def main(path: str) -> int:
    """Read under limits and print what was found."""
    logging.disable(logging.CRITICAL)  # the library reports every oddity of a file
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    found = read(path)
    json.dump({"pages": found.pages, "problem": found.problem}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
