"""One running program, seen from the supervisor."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from courant.supervisor import guard

if TYPE_CHECKING:
    from courant.supervisor.programs import Program

# A program that fails at once is started again after 0.5, 1, 2, … 30 s; one that ran for 10 s starts afresh.
SHORTEST_DELAY = 0.5
LONGEST_DELAY = 30.0
SECONDS_OF_RUNNING_WELL = 10.0


class Child:
    """A program, its guard, its output and its back-off."""

    def __init__(self, program: Program, *, environment: dict[str, str], folder: Path, lock: int) -> None:
        """Keep what is needed to start the program, again and again."""
        self.program = program
        self.environment = {**environment, **program.environment}
        self.folder = folder
        self.lock = lock
        self.process: subprocess.Popen[bytes] | None = None
        self.starts_at: float | None = None
        self.failures = 0
        self._started_at = 0.0
        self._control = -1
        self._rest = b""

    @property
    def output(self) -> int:
        """The descriptor to read the program's lines from."""
        if self.process is None or self.process.stdout is None:
            raise RuntimeError(f"{self.program.name} has not been started")
        return self.process.stdout.fileno()

    def start(self) -> None:
        """Start the program behind a guard in a session of its own."""
        control, self._control = os.pipe()
        try:
            self.process = subprocess.Popen(  # noqa: S603 (our own commands)
                [
                    *(sys.executable, "-I", "-S", str(Path(guard.__file__).resolve())),
                    *(str(self.program.grace), str(self.program.nice), str(control)),
                    *self.program.command,
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=self.environment,
                start_new_session=True,
                pass_fds=(control, self.lock, *self.program.descriptors),
            )
        finally:
            os.close(control)
        os.set_blocking(self.output, False)
        self._started_at = time.monotonic()
        self.starts_at = None

    def read_lines(self) -> list[str] | None:
        """Return the lines written since the last call; None when the output is closed."""
        try:
            chunk = os.read(self.output, 65536)
        except BlockingIOError:
            return []
        if not chunk:
            rest, self._rest = self._rest, b""
            return [rest.decode(errors="replace")] if rest else None
        # A progress bar ends its lines with a carriage return.
        *lines, self._rest = (self._rest + chunk).replace(b"\r", b"\n").split(b"\n")
        return [line.decode(errors="replace") for line in lines if line.strip()]

    def read_last_lines(self) -> list[str]:
        """Return all that is left to read, without waiting: a grandchild may still hold the pipe open."""
        chunks = [self._rest]
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self.output, 65536):
                chunks.append(chunk)
        self._rest = b""
        return [line for line in b"".join(chunks).decode(errors="replace").splitlines() if line.strip()]

    def stop(self) -> None:
        """Ask the guard to end the program; returns at once."""
        if self._control >= 0:
            os.close(self._control)
            self._control = -1

    def kill(self) -> None:
        """Kill the guard and every process of its session."""
        if self.process is None:
            return
        for pid in guard.session_members(self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()

    def collect(self) -> str | None:
        """Return how the program ended, once it has; whatever a killed guard left behind is killed."""
        if self.process is None or self.process.poll() is None:
            return None
        code = self.process.returncode
        self.kill()
        self.stop()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None
        self.failures = 0 if time.monotonic() - self._started_at >= SECONDS_OF_RUNNING_WELL else self.failures + 1
        return _outcome(code)

    def delay(self) -> float:
        """Seconds to wait before the next start, by the number of failures in a row."""
        return restart_delay(self.failures)


def restart_delay(failures: int) -> float:
    """Return the seconds to wait after this many failures in a row; none at all means it ran well until now."""
    return min(SHORTEST_DELAY * 2.0 ** max(0, min(failures, 16) - 1), LONGEST_DELAY)


def _outcome(code: int) -> str:
    number = -code if code < 0 else code - 128
    if code < 0 or code > 128:  # noqa: PLR2004 (a shell's and our guard's way to tell of a signal)
        with contextlib.suppress(ValueError):
            return f"was killed by {signal.Signals(number).name}"
    return f"ended with code {code}"
