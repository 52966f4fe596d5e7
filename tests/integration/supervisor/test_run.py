"""`manage.py run` as a stranger and an operator meet it: started, killed, stopped, and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.integration.supervisor.processes import pids_of, processes_of, wait_for
from tests.running_site import ROOT, RunningSite

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.one_machine, pytest.mark.xdist_group("supervisor")]

# Every program, and words that find its main process (the oldest with them).
PROGRAMS = {
    "broker": ("valkey-server",),
    "mailbox": ("courant.mailbox.sink",),
    "transactional": ("celery", "-Q transactional"),
    "bulk": ("celery", "-Q index,bulk"),
    "beat": ("celery", "courant beat "),
    "web": ("gunicorn",),
}


def test_the_first_start_prints_addresses_and_keeps_the_password(prepared_site: RunningSite) -> None:
    log = prepared_site.log
    for address in ("/", "/admin/", "/mailbox/"):
        assert f"{prepared_site.url}{address}" in log
    assert f"user admin, password {prepared_site.admin_password}" in log
    assert (prepared_site.var / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_every_program_is_repaired_after_a_kill(site: RunningSite) -> None:
    site.start()
    before = {name: pids_of(site.var, *words) for name, words in PROGRAMS.items()}
    assert all(before.values()), before
    for pids in before.values():
        os.kill(pids[0], signal.SIGKILL)
    for name, words in PROGRAMS.items():
        wait_for(
            lambda words=words, old=before[name]: (
                pids_of(site.var, *words) and not set(old) & set(pids_of(site.var, *words))
            ),
            what=f"{name} has started again and its old processes have ended",
        )
    site.wait_until_ready(60)
    for name in PROGRAMS:
        assert f"{name} was killed by SIGKILL" in site.log


def test_a_killed_guard_takes_its_program_along_and_both_come_back(site: RunningSite) -> None:
    site.start()
    old = pids_of(site.var, *PROGRAMS["bulk"])
    guards = [
        pid for pid, command in processes_of(site.var).items() if "guard.py" in command and "index,bulk" in command
    ]
    os.kill(guards[0], signal.SIGKILL)
    wait_for(lambda: not set(old) & set(processes_of(site.var)), what="the old worker and its pool have ended")
    wait_for(lambda: len(pids_of(site.var, *PROGRAMS["bulk"])) >= 2, what="a new worker has a pool")


def test_a_killed_supervisor_leaves_no_orphan_and_can_be_started_at_once(site: RunningSite) -> None:
    site.start()
    assert len(processes_of(site.var)) > len(PROGRAMS)
    site.process.kill()
    site.process.wait()
    killed = set(processes_of(site.var))
    # At once: the second supervisor waits for the programs of the first.
    site.start()
    assert not killed & set(processes_of(site.var))
    site.process.kill()
    site.process.wait()
    wait_for(lambda: not processes_of(site.var), what="nothing is left", seconds=15)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_stop_ends_everything(site: RunningSite, number: signal.Signals) -> None:
    site.start()
    site.process.send_signal(number)
    assert site.process.wait(12) == 0
    assert processes_of(site.var) == {}
    assert "Courant has stopped." in site.log.splitlines()[-1]


def test_ctrl_c_works_for_a_job_in_the_background_which_inherits_it_as_ignored(site: RunningSite) -> None:
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        site.start()
    finally:
        signal.signal(signal.SIGINT, previous)
    site.process.send_signal(signal.SIGINT)
    assert site.process.wait(12) == 0
    assert processes_of(site.var) == {}


def test_a_second_start_prepares_nothing(site: RunningSite) -> None:
    before = len(site.log)
    site.start()
    assert "prepare" not in site.log[before:]


def test_a_command_beside_the_running_site_finds_its_broker(site: RunningSite) -> None:
    site.start()
    done = site.manage(
        "shell",
        "-c",
        "from courant.health.views import ready as r; from django.test import RequestFactory as F; "
        "print(r(F().get('/')).content)",
    )
    assert b'{"status": "ready"}'.decode() in done.stdout


def test_the_readiness_page_names_what_is_missing(site: RunningSite) -> None:
    site.start()
    os.kill(pids_of(site.var, *PROGRAMS["broker"])[0], signal.SIGSTOP)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{site.url}/health/ready", timeout=20)
    with caught.value as answer:
        assert answer.code == 503
        assert answer.read() == b'{"status": "not ready", "faults": {"broker": "does not answer"}}'
    assert urllib.request.urlopen(f"{site.url}/health/live", timeout=20).status == 200


def test_make_is_killed_and_nothing_is_left(site: RunningSite) -> None:
    """What `make run` starts ends with make, even if that is killed."""
    script = (
        "import subprocess, sys; subprocess.run([sys.executable, 'manage.py', 'run', '--no-demo', '--with-parent'])"
    )
    with (site.var.parent / f"{site.var.name}.log").open("ab") as log:
        site.process = subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env=site.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    site.wait_until_ready()
    site.process.kill()
    site.process.wait()
    wait_for(lambda: not processes_of(site.var), what="nothing is left", seconds=15)


def run_in_vain(site: RunningSite, **environment: str) -> str:
    """Run `manage.py run`, which must fail; return the one line that it prints."""
    done = subprocess.run(
        [sys.executable, "manage.py", "run", "--no-demo"],
        cwd=ROOT,
        env={**site.environment, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 1, done
    output = (done.stdout + done.stderr).strip()
    assert "Traceback" not in output
    assert len(output.splitlines()) == 1, output
    return output


@pytest.mark.parametrize("variable", ["COURANT_PORT", "COURANT_MAIL_PORT", "COURANT_BROKER_PORT"])
def test_a_port_in_use_is_one_line_that_names_the_variable(site: RunningSite, variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        line = run_in_vain(site, **{variable: str(port)})
    assert f"Port {port}" in line
    assert variable in line
    assert processes_of(site.var) == {}


def test_a_second_supervisor_on_the_same_folder_is_one_line(site: RunningSite) -> None:
    site.start()
    other = RunningSite(var=site.var)
    line = run_in_vain(other)
    assert f"already runs on {site.var} (process {site.process.pid})" in line


def test_a_folder_that_cannot_be_written_to_is_one_line(site: RunningSite, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    line = run_in_vain(site, COURANT_VAR=str(tmp_path / "file" / "var"))
    assert f"Cannot write to {tmp_path / 'file' / 'var'}" in line
    assert "set COURANT_VAR" in line


def test_a_malformed_variable_is_named(site: RunningSite) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "run"],
        cwd=ROOT,
        env={**site.environment, "COURANT_PORT": "eight thousand", "SITE_URL": "localhost"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "COURANT_PORT" in done.stderr
    assert "SITE_URL" in done.stderr
