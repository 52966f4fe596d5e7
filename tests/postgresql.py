"""A PostgreSQL server of the tests' own, which nobody else sees and which leaves nothing behind.

PostgreSQL refuses to run as root, and its user cannot read a folder of mode 0700 that belongs to root; so as root the
folder is given to the user `postgres`, who also runs the server. Settings are the defaults, `fsync` included: what the
tests prove about a killed sender must hold on a real server.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

DEBIAN_FOLDER = Path("/usr/lib/postgresql")
OLDEST_VERSION = 15


def find_postgresql() -> Path | None:
    """Return the folder of `initdb` and `postgres`: the newest of Debian's versions, or what is on the path."""
    versions = [path for path in DEBIAN_FOLDER.glob("[0-9]*") if (path / "bin" / "initdb").exists()]
    versions = [path for path in versions if path.name.isdigit() and int(path.name) >= OLDEST_VERSION]
    if versions:
        return max(versions, key=lambda path: int(path.name)) / "bin"
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


class PrivatePostgreSQL:
    """A server in a temporary folder, for the length of a `with` block."""

    def __init__(self, programs: Path) -> None:
        self.programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="courant-postgresql-"))
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]

    @property
    def url(self) -> str:
        return f"postgres://courant@127.0.0.1:{self.port}/postgres"

    def __enter__(self) -> Self:
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        data = self.folder / "data"
        self._call("initdb", "-D", data, "-U", "courant", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8")
        options = f"-h 127.0.0.1 -p {self.port} -k {self.folder} -c max_connections=200"
        self._call("pg_ctl", "-D", data, "-l", self.folder / "log", "-w", "-t", "60", "-o", options, "start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._call("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _call(self, program: str, *arguments: object) -> None:
        command = [str(self.programs / program), *map(str, arguments)]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        done = subprocess.run(
            command, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stdout.decode(errors='replace')[-2000:]}")
