"""Progress of a long job on standard error: one line that moves on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

BAR_WIDTH = 28
SECONDS_ON_A_TERMINAL = 0.1
SECONDS_ELSEWHERE = 10.0


class Stage:
    """One part of a job, with a known number of steps."""

    def __init__(self, progress: Progress, label: str, total: int) -> None:
        self.progress, self.label, self.total, self.done = progress, label, total, 0
        self.started = self.shown = time.monotonic()

    def step(self, count: int = 1) -> None:
        """Say that so many more steps are done."""
        self.done += count
        now = time.monotonic()
        if now - self.shown >= self.progress.interval:
            self.shown = now
            self.progress.show(self)

    def words(self) -> str:
        """The line that is shown."""
        elapsed = max(time.monotonic() - self.started, 1e-6)
        rate = self.done / elapsed
        share = min(self.done / self.total, 1.0) if self.total else 1.0
        filled = round(share * BAR_WIDTH)
        bar = "█" * filled + "░" * (BAR_WIDTH - filled)
        left = f", {(self.total - self.done) / rate:.0f} s left" if rate and self.done < self.total else ""
        return f"{self.label:<10} {bar} {self.done:>6}/{self.total} {rate:6.0f}/s{left}"


class Progress:
    """Where progress is shown; nowhere when `stream` is None."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream
        self.terminal = bool(stream and stream.isatty())
        self.interval = SECONDS_ON_A_TERMINAL if self.terminal else SECONDS_ELSEWHERE

    @classmethod
    def on_stderr(cls) -> Progress:
        """The usual place."""
        return cls(sys.stderr)

    @contextmanager
    def stage(self, label: str, total: int) -> Iterator[Stage]:
        """Show a stage while the block runs, and its last state after it."""
        stage = Stage(self, label, total)
        try:
            yield stage
        finally:
            self.show(stage, last=True)

    def show(self, stage: Stage, *, last: bool = False) -> None:
        """Write the stage's line."""
        if self.stream is None or (last and not stage.total):
            return
        if self.terminal:
            self.stream.write("\r\x1b[K" + stage.words() + ("\n" if last else ""))
        else:
            self.stream.write(stage.words() + "\n")
        self.stream.flush()
