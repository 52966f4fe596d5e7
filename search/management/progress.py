"""The progress bar of search's commands."""

from __future__ import annotations

import sys

BAR = 30


def show_progress(what: str, done: int, total: int) -> None:
    """Draw a bar on a terminal; elsewhere a line at the end of each step, so that logs stay short."""
    if sys.stderr.isatty():
        filled = BAR * done // max(total, 1)
        end = "\n" if done >= total else ""
        sys.stderr.write(f"\r{what:>14} [{'█' * filled}{' ' * (BAR - filled)}] {done:,}/{total:,}{end}")
    elif done >= total:
        sys.stderr.write(f"{what}: {total:,}\n")
    sys.stderr.flush()
