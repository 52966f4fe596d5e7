"""What is looked at before anything starts: each fault is one line that says what to do."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import tempfile
from typing import TYPE_CHECKING

from courant.supervisor.errors import CannotRunError

if TYPE_CHECKING:
    from pathlib import Path

# The demo, its pictures, the broker's file and a margin.
MEGABYTES_NEEDED = 200
PORTS = range(65536)


def check_folder(folder: Path) -> None:
    """Make the data folder if need be and make sure that it can be written to and has room.

    Raises:
        CannotRunError: it is read-only, is no folder, or is full.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0" * 4096)
            file.flush()
            os.fsync(file.fileno())
        free = shutil.disk_usage(folder).free // 2**20
    except OSError as error:
        raise CannotRunError(folder_fault(folder, error)) from error
    if free < MEGABYTES_NEEDED:
        raise CannotRunError(
            f"No disk space: {folder} has {free} MB free and Courant needs {MEGABYTES_NEEDED} MB; "
            "make room, or set COURANT_VAR to a folder on another disk."
        )


def folder_fault(folder: Path, error: OSError) -> str:
    """Say what an error of the data folder means and what to do about it."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"No disk space under {folder}: make room, or set COURANT_VAR to a folder on another disk."
    reason = error.strerror or "cannot be written to"
    return f"Cannot write to {folder} ({reason}): set COURANT_VAR to a folder that can be written to."


def open_socket(*, host: str, port: int, variable: str, purpose: str) -> socket.socket:
    """Open a listening socket, which a program takes over; so a port is never lost between looking and using.

    Raises:
        CannotRunError: the port is in use or not allowed; names the variable that chooses another.
    """
    if port not in PORTS:
        raise CannotRunError(f"{variable}={port} is no port: choose a number from 1 to 65535.")
    try:
        return socket.create_server((host, port), backlog=1024)
    except OSError as error:
        raise CannotRunError(_port_fault(port, error, variable=variable, purpose=purpose)) from error


def choose_broker_port(*, wanted: int, remembered: Path) -> int:
    """Return the port for the broker: the wanted one, else the one of the last run if it is free, else any free one.

    Raises:
        CannotRunError: the wanted port is in use.
    """
    if wanted:
        open_socket(host="127.0.0.1", port=wanted, variable="COURANT_BROKER_PORT", purpose="the broker").close()
        remembered.write_text(f"{wanted}\n", encoding="ascii")
        return wanted
    candidates = [0]
    if remembered.exists() and (text := remembered.read_text(encoding="ascii").strip()).isdigit():
        candidates.insert(0, int(text) if int(text) in PORTS else 0)
    for port in candidates:
        try:
            with socket.create_server(("127.0.0.1", port)) as probe:
                chosen: int = probe.getsockname()[1]
        except OSError:
            continue
        remembered.write_text(f"{chosen}\n", encoding="ascii")
        return chosen
    raise CannotRunError("No free port for the broker on 127.0.0.1: set COURANT_BROKER_PORT to one.")


def _port_fault(port: int, error: OSError, *, variable: str, purpose: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} for {purpose} is in use by another program: stop it, or choose another with {variable}=…"
    if error.errno == errno.EACCES:
        return f"Port {port} for {purpose} is not allowed to this user: choose one above 1023 with {variable}=…"
    return f"Port {port} for {purpose} cannot be opened ({error.strerror}): choose another with {variable}=…"
