"""What is running, as Linux sees it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def processes_of(var: Path) -> dict[int, str]:
    """Return the commands of the living processes whose environment names this data folder, by process id."""
    found = {}
    wanted = f"COURANT_VAR={var}".encode()
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            folder = Path(entry.path)
            try:
                if wanted in (folder / "environ").read_bytes().split(b"\0") and not _is_zombie(folder):
                    found[int(entry.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
    return found


def pids_of(var: Path, *words: str) -> list[int]:
    """Return the processes of the data folder whose command has all the words; oldest first, without guards."""
    return sorted(
        pid
        for pid, command in processes_of(var).items()
        if all(word in command for word in words) and "guard.py" not in command
    )


def wait_for(condition: Callable[[], object], *, what: str, seconds: float = 60) -> None:
    """Wait until the condition holds; otherwise fail and say what did not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"after {seconds} s still not: {what}"
        time.sleep(0.05)


def _is_zombie(folder: Path) -> bool:
    return (folder / "stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z"
