"""What processes cost, read from /proc: processor time and memory, and how busy the machine was with other things.

Rates say how fast this machine was at this moment; processor time a message hardly changes when somebody else is busy,
so it is what two runs, or two machines' worth of neighbours, can be compared by.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

TICK = 1 / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """Return a process's children."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def processor_seconds(pids: Iterable[int], *, with_children: bool = False) -> float:
    """Seconds that these processes have computed; `with_children` adds theirs, those that have ended included."""
    seconds = 0.0
    for pid in pids:
        times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]
        seconds += sum(map(int, times if with_children else times[:2])) * TICK
        if with_children:
            seconds += processor_seconds(children(pid), with_children=True)
    return seconds


def machine_seconds() -> float:
    """Seconds that all processors of the machine together have computed."""
    user, nice, system, _, _, irq, softirq, steal = map(
        int, Path("/proc/stat").read_text().partition("\n")[0].split()[1:9]
    )
    return (user + nice + system + irq + softirq + steal) * TICK


def megabytes(pid: int, name: str) -> float:
    """Return a process's memory: `name` is VmRSS, or VmHWM for the highest since `forget_peak`."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(name)


def forget_peak(pid: int) -> None:
    """Let VmHWM start again at what the process has now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
