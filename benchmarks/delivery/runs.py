"""What is measured: the reference, the naive way, ours in a real worker, ours without the ledger, freezing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.delivery import processes
from benchmarks.delivery.ground import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.delivery.ground import Ground

PATIENCE = 600


class Sent(NamedTuple):
    """One run of ours: messages a second, and what one message cost."""

    rate: float
    wal_a_message: float
    memory_above_idle: float
    """Megabytes of the worker's process at its highest, above what it had before the run."""
    sender_us: float
    """Microseconds of processor time a message: the worker's process, PostgreSQL, the sink."""
    database_us: float
    sink_us: float
    others_busy: float
    """How many processors others kept busy meanwhile: 0 on a quiet machine."""


def smtp_source(ground: Ground, *, messages: int, size: int) -> float:
    """Messages a second of postfix's own generator, the best of 1, 4 and 16 sessions, all of them kept open."""
    program = shutil.which("smtp-source", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    best = 0.0
    for sessions in (1, 4, 16):
        began = time.perf_counter()
        subprocess.run(
            [
                str(program), "-d", "-s", str(sessions), "-m", str(messages), "-l", str(size),
                f"127.0.0.1:{ground.sink_port}",
            ],
            check=True,
        )  # fmt: skip
        best = max(best, messages / (time.perf_counter() - began))
    return best


def naive(ground: Ground, *, mailing: Any, messages: int) -> float:
    """Messages a second of Django's own mail over one kept connection: what one writes first."""
    from django.core.mail import EmailMultiAlternatives, get_connection  # noqa: PLC0415 (Django is set up by now)

    from newsletters.delivery.models import Recipient  # noqa: PLC0415 (as above)
    from newsletters.issues.compiled import render_for  # noqa: PLC0415 (as above)

    compiled = mailing.compiled
    people = list(Recipient.objects.filter(mailing=mailing, number__lte=messages).values_list("address", "merge"))
    connection = get_connection(
        "django.core.mail.backends.smtp.EmailBackend", host="127.0.0.1", port=ground.sink_port, username="", password=""
    )
    began = time.perf_counter()
    connection.open()
    for address, merge in people:
        values = {
            "name": merge["name"], "address": address, "archive_url": compiled.archive_url,
            "unsubscribe_url": f"https://example.org/unsubscribe/{merge['id']}/",
            "preferences_url": f"https://example.org/preferences/{merge['id']}/",
        }  # fmt: skip
        mail = render_for(compiled, values, ())
        message = EmailMultiAlternatives(
            mail.subject, mail.text, "The Alder Institute <news@example.org>", [address], connection=connection
        )
        message.attach_alternative(mail.html, "text/html")
        message.send()
    connection.close()
    return len(people) / (time.perf_counter() - began)


def ours(ground: Ground, worker: subprocess.Popen[bytes], sink: subprocess.Popen[bytes], *, mailing: Any) -> Sent:
    """A whole mailing through a real worker and broker, timed from the task's sending to the last committed outcome."""
    from django.db import connection  # noqa: PLC0415 (Django is set up by now)

    from newsletters.delivery.selectors import mailing_counts  # noqa: PLC0415 (as above)
    from newsletters.delivery.services import start_mailing  # noqa: PLC0415 (as above)

    reset(mailing)
    child = processes.children(worker.pid)[0]
    server = ground.postgresql_pid
    idle = processes.megabytes(child, "VmRSS")
    processes.forget_peak(child)

    def meter() -> tuple[float, float, float, float]:
        return (
            processes.processor_seconds([child]),
            processes.processor_seconds([server], with_children=True),
            processes.processor_seconds([sink.pid]),
            processes.machine_seconds() - time.process_time(),
        )

    wal = _wal(connection)
    before, began = meter(), time.perf_counter()
    start_mailing(mailing=mailing)
    wait_until(lambda: mailing_counts(mailing).accepted == mailing.size)
    seconds = time.perf_counter() - began
    sender, database, sinking, all_of_it = (after - earlier for after, earlier in zip(meter(), before, strict=True))
    wait_until(lambda: not mailing.senders.exists())
    return Sent(
        rate=mailing.size / seconds,
        wal_a_message=(_wal(connection) - wal) / mailing.size,
        memory_above_idle=processes.megabytes(child, "VmHWM") - idle,
        sender_us=sender / mailing.size * 1e6,
        database_us=database / mailing.size * 1e6,
        sink_us=sinking / mailing.size * 1e6,
        others_busy=max(0.0, all_of_it - sender - database - sinking) / seconds,
    )


def without_ledger(ground: Ground, *, mailing: Any) -> float:
    """The same sender with nothing written down: what the ledger costs is the difference."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.delivery.unledgered", str(mailing.pk)],
        env=ground.environment, cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return float(done.stdout.split()[-1])


class Frozen(NamedTuple):
    """Seconds to freeze a list, and of one bare INSERT … SELECT of the same rows into a table without indexes."""

    seconds: float
    bare: float

    @property
    def ratio(self) -> float:
        """What everything a mailing promises costs."""
        return self.seconds / self.bare


def freeze_ratio(mailing_list_id: int, make: Callable[[int], Any], *, rounds: int = 3) -> Frozen:
    """Freeze a list and insert the same rows, by turns; the round in the middle by its ratio."""
    return sorted((_freeze(mailing_list_id, make) for _ in range(rounds)), key=lambda each: each.ratio)[rounds // 2]


def _freeze(mailing_list_id: int, make: Callable[[int], Any]) -> Frozen:
    from django.db import connection  # noqa: PLC0415 (Django is set up by now)

    began = time.perf_counter()
    mailing = make(mailing_list_id)
    seconds = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare (LIKE delivery_recipient INCLUDING DEFAULTS)")
        began = time.perf_counter()
        cursor.execute(
            "INSERT INTO bare (mailing_id, number, subscriber_id, address, merge, state, attempts)"
            " SELECT 1, row_number() OVER (ORDER BY s.id), s.id, s.email,"
            " jsonb_build_object('id', s.public_id, 'name', s.name), 0, 0 FROM audience_subscription x"
            " JOIN audience_subscriber s ON s.id = x.subscriber_id WHERE x.mailing_list_id = %s",
            [mailing_list_id],
        )
        bare = time.perf_counter() - began
        cursor.execute("DROP TABLE bare")
    mailing.delete()
    return Frozen(seconds, bare)


def reset(mailing: Any) -> None:
    """Make a mailing as if it had just been frozen."""
    from django.db import connection  # noqa: PLC0415 (Django is set up by now)

    from newsletters.delivery.models import Chunk, Recipient  # noqa: PLC0415 (as above)

    Recipient.objects.filter(mailing=mailing).exclude(state=0).update(
        state=0, attempts=0, smtp_code=None, smtp_text=None, done_at=None
    )
    Chunk.objects.filter(mailing=mailing).update(
        state=0, accepted=0, deferred=0, rejected=0, unknown=0, suppressed=0, closed=0
    )
    type(mailing).objects.filter(pk=mailing.pk).update(state="frozen", nudged_at=None)
    mailing.refresh_from_db()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE delivery_recipient")
        cursor.execute("CHECKPOINT")


def _wal(connection: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")
        return int(cursor.fetchone()[0])


def wait_until(condition: Callable[[], bool], *, pause: float = 0.05) -> None:
    """Wait for something to come true, and end everything when it does not."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            sys.exit("courant: the run did not end; see the worker's log.")
        time.sleep(pause)
