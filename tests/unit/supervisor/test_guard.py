"""The guard: nothing outlives a program, and no program outlives its supervisor. Real processes, no Django."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from courant.supervisor import guard

GUARD = [sys.executable, "-I", "-S", str(Path(guard.__file__))]
# Starts a child of its own, says both ids, and waits; with "deaf" it does not listen to SIGTERM.
FAMILY = """
import os, signal, sys, time
if "deaf" in sys.argv: signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if not child:
    if "stray" in sys.argv: os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)
print(os.getpid(), child, flush=True)
if "short" in sys.argv: sys.exit(7)
time.sleep(600)
"""


class Guarded:
    """A family of processes behind a guard."""

    def __init__(self, *words: str, grace: float = 5.0) -> None:
        control, self.control = os.pipe()
        self.process = subprocess.Popen(
            [*GUARD, str(grace), "0", str(control), sys.executable, "-c", FAMILY, *words],
            pass_fds=[control],
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        os.close(control)
        assert self.process.stdout
        self.family = [int(word) for word in self.process.stdout.readline().split()]

    def close(self) -> None:
        if self.control >= 0:
            os.close(self.control)
            self.control = -1


@pytest.fixture
def guarded():
    started: list[Guarded] = []

    def start(*words: str, **options: float) -> Guarded:
        started.append(Guarded(*words, **options))
        return started[-1]

    yield start
    for one in started:
        one.close()
        for pid in (one.process.pid, *one.family):
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
        one.process.wait()
        one.process.stdout.close()


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    except OSError:
        return False


def wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 20
    while alive := [pid for pid in pids if is_alive(pid)]:
        assert time.monotonic() < deadline, alive
        time.sleep(0.02)


def test_a_closed_pipe_ends_the_program_and_its_children(guarded):
    one = guarded()
    one.close()
    assert one.process.wait(20) == 128 + signal.SIGTERM
    assert [pid for pid in one.family if is_alive(pid)] == []


def test_a_program_that_does_not_listen_is_killed_after_its_grace(guarded):
    one = guarded("deaf", grace=0.3)
    one.close()
    assert one.process.wait(20) == 128 + signal.SIGKILL
    assert [pid for pid in one.family if is_alive(pid)] == []


def test_a_program_that_ends_leaves_no_child_and_its_code_is_passed_on(guarded):
    one = guarded("short")
    assert one.process.wait(20) == 7
    assert [pid for pid in one.family if is_alive(pid)] == []


def test_a_grandchild_that_left_the_session_is_found(guarded):
    one = guarded("stray", "short")
    assert one.process.wait(20) == 7
    assert [pid for pid in one.family if is_alive(pid)] == []


def test_a_killed_program_takes_its_children_along(guarded):
    one = guarded()
    os.kill(one.family[0], signal.SIGKILL)
    assert one.process.wait(20) == 128 + signal.SIGKILL
    assert [pid for pid in one.family if is_alive(pid)] == []


def test_a_killed_guard_takes_its_program_along(guarded):
    one = guarded()
    one.process.kill()
    wait_until_gone(one.family[:1])


def test_a_told_guard_stops_and_a_key_press_is_none_of_its_business(guarded):
    one = guarded()
    one.process.send_signal(signal.SIGINT)
    one.process.send_signal(signal.SIGHUP)
    one.process.send_signal(signal.SIGTERM)
    assert one.process.wait(20) == 128 + signal.SIGTERM


def test_a_program_that_does_not_exist_is_one_line():
    control, kept = os.pipe()
    done = subprocess.run(
        [*GUARD, "1", "0", str(control), "/nowhere/program"], pass_fds=[control], capture_output=True, check=False
    )
    os.close(control)
    os.close(kept)
    assert done.returncode == 127
    assert done.stderr == b"cannot start /nowhere/program: No such file or directory\n"


def test_the_program_does_not_hold_the_pipe_open():
    control, kept = os.pipe()
    script = f"import os\ntry: os.fstat({control})\nexcept OSError: print('closed')"
    done = subprocess.run(
        [*GUARD, "1", "0", str(control), sys.executable, "-c", script],
        pass_fds=[control],
        capture_output=True,
        check=False,
    )
    os.close(control)
    os.close(kept)
    assert done.stdout == b"closed\n"
