"""One supervisor a data folder: two brokers on one append-only file would spoil it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from typing import TYPE_CHECKING

from courant.supervisor.errors import CannotRunError

if TYPE_CHECKING:
    from pathlib import Path

# A killed supervisor's programs need up to this long to end.
SECONDS_FOR_LEFTOVERS = 12.0


def lock_folder(folder: Path) -> int:
    """Lock the data folder and return the descriptor that holds the lock.

    Guards inherit the descriptor, so the lock is free only when the last program of a killed supervisor has ended.

    Raises:
        CannotRunError: another supervisor holds it.
    """
    descriptor = os.open(folder / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + SECONDS_FOR_LEFTOVERS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(descriptor)
            if _is_alive(holder) or time.monotonic() > deadline:
                os.close(descriptor)
                raise CannotRunError(
                    f"Courant already runs on {folder} (process {holder}): stop it first, "
                    "or set COURANT_VAR to another folder."
                ) from None
            time.sleep(0.1)
        else:
            break
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def _holder(descriptor: int) -> int:
    with contextlib.suppress(ValueError):
        return int(os.pread(descriptor, 20, 0))
    return 0


def _is_alive(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
