"""Stands between the supervisor and one program, so that nothing outlives either of them.

Run as a script with the standard library alone (it must start in milliseconds): `guard.py GRACE NICE CONTROL COMMAND…`.
The supervisor holds the other end of the pipe CONTROL. When that end closes, because the supervisor stops this program
or because it was killed itself, the guard ends the program: SIGTERM to its main process (a Celery pool or a gunicorn
worker that got the signal as well would drop its work), after GRACE seconds SIGKILL to the whole session. When the
program ends by itself, what it left behind is killed too, and the guard ends with the program's exit code.

Why not a parent-death signal alone: it reaches the child but not the grandchildren.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
# SIGKILL takes effect at once, but for a process that waits for a disk.
SECONDS_FOR_KILL = 2.0


def main(arguments: list[str]) -> int:
    """Run the command until it ends or the control pipe closes; return its exit code."""
    grace, nice, control, command = float(arguments[0]), int(arguments[1]), int(arguments[2]), arguments[3:]
    os.set_inheritable(control, False)
    set_process_option(PR_SET_CHILD_SUBREAPER, 1)
    wakeup, wakeup_write = os.pipe()
    os.set_blocking(wakeup_write, False)
    os.set_blocking(wakeup, False)
    signal.set_wakeup_fd(wakeup_write)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, lambda _number, _frame: None)
    child = start_program(command, nice)
    watched = [control, wakeup]
    deadline: float | None = None
    status: int | None = None
    while status is None and (deadline is None or time.monotonic() < deadline):
        timeout = None if deadline is None else max(0.0, deadline - time.monotonic())
        ready, _, _ = select.select(watched, [], [], timeout)
        woken_by = _read(wakeup) if wakeup in ready else b""
        status = reap(child)
        if status is None and deadline is None and (control in ready or signal.SIGTERM in woken_by):
            watched = [wakeup]
            deadline = time.monotonic() + grace
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)
    ended = kill_session(os.getpid(), child)
    status = ended if status is None else status
    return 128 + signal.SIGKILL if status is None else _exit_code(status)


def start_program(command: list[str], nice: int) -> int:
    """Start the command in a process group of its own; it is killed if this guard is killed."""
    guard = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        os.setpgid(0, 0)
        set_process_option(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != guard:
            os._exit(1)
        os.nice(nice)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        os.execvp(command[0], command)  # noqa: S606 (no shell is wanted)
    except OSError as error:
        sys.stderr.write(f"cannot start {command[0]}: {error.strerror}\n")
        sys.stderr.flush()
    os._exit(127)


def reap(child: int) -> int | None:
    """Collect every ended process, also adopted ones; return the wait status of `child` if it is among them."""
    found = None
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == child:
                found = status
    return found


def kill_session(session: int, child: int) -> int | None:
    """Kill every process of the session, and adopted ones that left it; return the wait status of `child`."""
    deadline = time.monotonic() + SECONDS_FOR_KILL
    found = None
    while time.monotonic() < deadline:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)
        members = session_members(session)
        for pid in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        status = reap(child)
        found = status if status is not None else found
        if not members:
            break
        time.sleep(0.01)
    return found


def session_members(session: int) -> list[int]:
    """Return the living processes of a session, but for its leader, and the leader's children. Linux; else empty."""
    members = []
    with contextlib.suppress(OSError):
        for entry in os.scandir("/proc"):
            if entry.name.isdigit() and int(entry.name) != session:
                with contextlib.suppress(OSError, ValueError):
                    # "pid (name) state parent group session …"; the name may hold spaces and brackets.
                    fields = Path(entry.path, "stat").read_bytes().rpartition(b")")[2].split()
                    if fields[0] != b"Z" and session in {int(fields[1]), int(fields[3])}:
                        members.append(int(entry.name))
    return members


def set_process_option(option: int, value: int) -> None:
    """Set one of Linux's process options (prctl); elsewhere nothing, and the pipe alone does the work."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _read(descriptor: int) -> bytes:
    with contextlib.suppress(BlockingIOError):
        return os.read(descriptor, 4096)
    return b""


def _exit_code(status: int) -> int:
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
