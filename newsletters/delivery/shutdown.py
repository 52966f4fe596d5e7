"""A worker that is told to stop asks its senders to put everything down, so that a deployment leaves nobody unknown."""

from __future__ import annotations

import os
import socket
from typing import Any

import structlog
from celery.signals import worker_shutting_down
from django.db import DatabaseError, connection

log = structlog.get_logger(__name__)


def worker_name(pid: int) -> str:
    """Return the name under which a worker's senders stand in the ledger: its host and its main process."""
    return f"{socket.gethostname()}:{pid}"[:120]


@worker_shutting_down.connect(dispatch_uid="newsletters.delivery.shutdown")
def stop_senders_of_worker(**_: Any) -> None:
    """Ask the senders of this worker's processes to stop; they notice within half a second."""
    from newsletters.delivery.models import Sender  # noqa: PLC0415 (models load after apps)

    try:
        Sender.objects.filter(worker=worker_name(os.getpid())).update(stop=True)
    except DatabaseError:
        # They finish their box, or their lease runs out; either way the sweep settles it.
        log.warning("senders could not be told that the worker stops")
    finally:
        connection.close()
