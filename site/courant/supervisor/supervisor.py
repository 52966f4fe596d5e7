"""Starts the programs of one machine, keeps them running, and ends them all."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING, Self

from courant.supervisor.child import Child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import FrameType, TracebackType

    from courant.supervisor.programs import Program

STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NAME_WIDTH = 13
# Everything has ended 8 s after a stop: the longest grace is 4 s, the broker's and the mailbox's 1.5 s after it.
SECONDS_FOR_FIRST = 5.0
SECONDS_FOR_LAST = 2.5


class StoppedError(Exception):
    """The operator asked to stop."""


class Supervisor:
    """The process group of one machine.

    Use it as a context: leaving it, for whatever reason, ends every program. Programs that others need (broker,
    mailbox) are given as `keep` and are ended last.
    """

    def __init__(self, *, environment: dict[str, str], folder: Path, lock: int) -> None:
        """Keep what every program gets; nothing is started yet."""
        self._environment = environment
        self._folder = folder
        self._lock = lock
        self._children: list[Child] = []
        self._kept: list[Child] = []
        self._selector = selectors.DefaultSelector()
        self._asked_to_stop = False
        self._handlers: dict[int, object] = {}

    def __enter__(self) -> Self:
        """Install signal handlers of our own: a job in the background inherits SIGINT as ignored."""
        wakeup, wakeup_write = socket.socketpair()
        wakeup.setblocking(False)
        wakeup_write.setblocking(False)
        self._wakeup = (wakeup, wakeup_write)
        self._selector.register(wakeup, selectors.EVENT_READ, None)
        for number in STOPPING_SIGNALS:
            self._handlers[number] = signal.signal(number, self._ask_to_stop)
        self._handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(wakeup_write.fileno(), warn_on_full_buffer=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End every program: first those that use the others."""
        self._asked_to_stop = True
        users = [child for child in self._children if child not in self._kept]
        self._end(users, SECONDS_FOR_FIRST)
        self._end(self._kept, SECONDS_FOR_LAST)
        signal.set_wakeup_fd(-1)
        self._selector.close()
        for end in self._wakeup:
            end.close()

    def start(self, program: Program, *, keep: bool = False) -> None:
        """Start a program and keep it running; with `keep` it is among the last to end."""
        child = Child(program, environment=self._environment, folder=self._folder, lock=self._lock)
        self._children.append(child)
        if keep:
            self._kept.append(child)
        self._start(child)

    def run_once(self, program: Program) -> bool:
        """Run a program to its end; return whether it ended well."""
        child = Child(program, environment=self._environment, folder=self._folder, lock=self._lock)
        self._children.append(child)
        self._start(child)
        outcome = None
        while outcome is None:
            self._turn(0.5, once=child)
            if child.process is not None and child.process.poll() is not None:
                self._drain(child)
                outcome = child.collect()
        self._children.remove(child)
        return outcome == "ended with code 0"

    def wait_until(self, condition: Callable[[], bool], *, timeout: float = float("inf")) -> bool:
        """Serve the programs until the condition holds; return False after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() >= deadline:
                return False
            self._turn(0.05)
        return True

    def serve(self) -> None:
        """Serve the programs until the operator stops them."""
        while True:
            self._turn(5.0)

    def say(self, line: str) -> None:
        """Print a line of the supervisor's own."""
        _print("courant", [line])

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._asked_to_stop = True

    def _start(self, child: Child) -> None:
        child.start()
        self._selector.register(child.output, selectors.EVENT_READ, child)

    def _turn(self, timeout: float, *, once: Child | None = None) -> None:
        """Pass on what was written, start again what ended; raise `StoppedError` when asked to stop."""
        self._pass_on(self._until_next_start(timeout))
        if self._asked_to_stop:
            raise StoppedError
        for child in self._children:
            if child is once:
                continue
            if child.process is not None and child.process.poll() is not None:
                self._drain(child)
                outcome = child.collect()
                delay = child.delay()
                child.starts_at = time.monotonic() + delay
                log = f" (its log is {child.program.log})" if child.program.log else ""
                self.say(f"{child.program.name} {outcome}{log}; it starts again in {delay:g} s")
            elif child.starts_at is not None and time.monotonic() >= child.starts_at:
                self._start(child)

    def _until_next_start(self, timeout: float) -> float:
        waiting = [child.starts_at for child in self._children if child.starts_at is not None]
        return max(0.0, min([timeout, *(moment - time.monotonic() for moment in waiting)]))

    def _pass_on(self, timeout: float) -> None:
        for key, _ in self._selector.select(timeout):
            child: Child | None = key.data
            if child is None:
                with contextlib.suppress(BlockingIOError):
                    self._wakeup[0].recv(4096)
                continue
            lines = child.read_lines()
            if lines is None:
                self._selector.unregister(key.fd)
            else:
                _print(child.program.name, lines)

    def _drain(self, child: Child) -> None:
        if child.output in self._selector.get_map():
            self._selector.unregister(child.output)
            _print(child.program.name, child.read_last_lines())

    def _end(self, children: Iterable[Child], seconds: float) -> None:
        running = [child for child in children if child.process is not None]
        for child in running:
            child.stop()
        deadline = time.monotonic() + seconds
        while running and time.monotonic() < deadline:
            self._pass_on(0.05)
            running = [child for child in running if not self._has_ended(child)]
        for child in running:
            child.kill()
        for child in running:
            if child.process is not None:
                child.process.wait()
                self._has_ended(child)

    def _has_ended(self, child: Child) -> bool:
        if child.process is not None and child.process.poll() is not None:
            self._drain(child)
            child.collect()
        return child.process is None


def _print(name: str, lines: Iterable[str]) -> None:
    text = "".join(f"{name:<{NAME_WIDTH}} | {line}\n" for line in lines)
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our lines has gone; that is no reason to stop a site.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 (kept for the rest of the run)
