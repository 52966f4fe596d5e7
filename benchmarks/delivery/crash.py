"""`make crash-delivery`: everything that can die is killed at random moments, and the sink is counted.

For each kind of crash a mailing goes out through a real worker and broker to a sink that counts; at a random moment
something breaks; then it is repaired and the mailing runs to its end. What the ledger says is compared with what the
sink got: **lost** is somebody the ledger calls accepted or never finished who got nothing, **doubled** somebody who
got it twice, **unknown** whom the ledger lists as in doubt. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import socket
import sys
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from benchmarks.delivery.ground import Ground, make_list
from tests.integration.delivery.servers import ScriptedServer

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

WINDOW = 64
RECIPIENTS = 1_000
PATIENCE = 180
DELIVERY = {
    "window": WINDOW, "connections": 8, "lease": 10, "box": 60, "grace": 10,
    "command_timeout": 3, "data_timeout": 3, "connect_timeout": 3, "deaths": 1_000,
}  # fmt: skip


@dataclass
class Round:
    """What one crash left."""

    kind: str
    kills: int = 1
    lost: int = 0
    doubled: int = 0
    unknown: int = 0
    arrived_unknown: int = 0
    unexplained: int = 0
    """Unknown recipients of whom the ledger does not say how that came."""


@dataclass
class Stage:
    """What runs while something is killed."""

    ground: Ground
    server: ScriptedServer
    proxy: Proxy
    chance: random.Random
    worker: subprocess.Popen[bytes] | None = None
    clock: Path = field(default_factory=Path)


class Proxy:
    """A cable between sender and sink that can be cut: then nothing passes, in either direction, and nobody is told."""

    def __init__(self, port: int, target: int) -> None:
        self._target = target
        self.is_cut = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self._pairs: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                if self._listener.fileno() < 0:
                    return
                continue
            for source, sink in ((near, far), (far, near)):
                self._pairs.add(source)
                threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(2_048):
                if self.is_cut.is_set():
                    return  # what has been read is lost, and both ends are left hanging
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        self._pairs.discard(source)

    def mend(self) -> None:
        """Lay a new cable: old connections are gone."""
        for sock in list(self._pairs):
            with suppress(OSError):
                sock.close()
        self._pairs.clear()
        self.is_cut.clear()


def kill_sender(stage: Stage) -> None:
    """Kill -9 of the process that sends."""
    assert stage.worker is not None
    children = Path(f"/proc/{stage.worker.pid}/task/{stage.worker.pid}/children").read_text().split()
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(int(child), signal.SIGKILL)


def kill_workers(stage: Stage) -> None:
    """Kill -9 of the worker and all its processes."""
    assert stage.worker is not None
    os.killpg(stage.worker.pid, signal.SIGKILL)
    stage.worker.wait(10)
    stage.worker = stage.ground.start_worker()


def kill_broker(stage: Stage) -> None:
    """Kill -9 of Valkey."""
    stage.ground.stop_broker(kill=True)
    time.sleep(stage.chance.uniform(0.2, 2))
    stage.ground.start_broker()


def kill_postgresql(stage: Stage) -> None:
    """PostgreSQL stops as in a power cut and comes back."""
    stage.ground.crash_postgresql()
    time.sleep(stage.chance.uniform(0.1, 1))
    stage.ground.restart_postgresql()


def kill_server(stage: Stage) -> None:
    """The SMTP server breaks every connection at once."""
    stage.server.crash()


def cut_network(stage: Stage) -> None:
    """Nothing passes any more, in the middle of whatever was being said."""
    stage.proxy.is_cut.set()
    time.sleep(stage.chance.uniform(0.5, 5))
    stage.proxy.mend()


def set_clock_back(stage: Stage) -> None:
    """Every process of the site believes that it is an hour earlier."""
    stage.clock.write_text("-3600")


def fill_disk(stage: Stage) -> None:
    """The database's disk is full for a while; PostgreSQL may go down over it."""
    ballast = stage.ground.postgresql.folder / "ballast"
    free = shutil.disk_usage(stage.ground.postgresql.folder).free
    with suppress(OSError), ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(free - 8_192, 4_096))
    with suppress(psycopg.Error), psycopg.connect(stage.ground.postgresql.url, autocommit=True) as connection:
        # Outcomes fit into pages and log files that are there already; a new log file is what does not fit.
        for _ in range(20):
            connection.execute("SELECT pg_logical_emit_message(true, 'courant', 'filler')")
            connection.execute("SELECT pg_switch_wal()")
    time.sleep(stage.chance.uniform(0.5, 3))
    ballast.unlink()
    with suppress(RuntimeError):
        stage.ground.restart_postgresql()  # refused when it never went down
        print("  the disk was full and PostgreSQL went down", file=sys.stderr, flush=True)


def press_send_twice(stage: Stage) -> None:
    """Nothing breaks; the two operators have pressed already when the mailing was made."""


KINDS: dict[str, Callable[[Stage], None]] = {
    "sender": kill_sender,
    "workers": kill_workers,
    "broker": kill_broker,
    "postgresql": kill_postgresql,
    "smtp_server": kill_server,
    "network": cut_network,
    "two_operators": press_send_twice,
    "clock": set_clock_back,
    "disk_full": fill_disk,
}


def main() -> None:
    """Crash everything so many times and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS") or 30), help="of each kind")
    parser.add_argument("--kinds", default=",".join(KINDS), help="which crashes, by name")
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 30)
    chance = random.Random(seed)  # noqa: S311 (nothing secret)
    kinds = options.kinds.split(",")
    if "disk_full" in kinds and os.geteuid() != 0:
        sys.exit("courant: disk_full mounts a small file system and needs root; leave it out with --kinds.")
    rounds: list[Round] = []
    with ExitStack() as stack:
        ground = stack.enter_context(Ground(delivery=DELIVERY, small_disk="disk_full" in kinds))
        server = stack.enter_context(ScriptedServer(delay=0.001))
        stage = Stage(ground, server, Proxy(ground.sink_port, server.port), chance, clock=ground.clock)
        stage.worker = ground.start_worker()
        stack.callback(lambda: stage.worker and os.killpg(stage.worker.pid, signal.SIGKILL))
        stop = threading.Event()
        sweeping = threading.Thread(target=_sweep, args=(stop,), daemon=True)
        sweeping.start()
        stack.callback(sweeping.join, 20)
        stack.callback(stop.set)
        # Stopped from outside, it reports what it has.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        stack.enter_context(suppress(KeyboardInterrupt))
        for number in range(options.rounds):
            for kind in kinds:
                found = play(stage, kind)
                rounds.append(found)
                print(f"{number + 1}/{options.rounds} {kind}: lost {found.lost}, doubled {found.doubled}, "
                      f"unknown {found.unknown} ({found.arrived_unknown} of them had arrived)", file=sys.stderr, flush=True)  # fmt: skip
    print(json.dumps({"seed": seed, **report(rounds)}))
    sys.exit(1 if any(each.lost or each.doubled or each.unexplained or each.unknown > WINDOW for each in rounds) else 0)


def play(stage: Stage, kind: str) -> Round:
    """Send one mailing, break something on the way, and reckon up."""
    from newsletters.delivery.models import Mailing  # noqa: PLC0415 (Django is set up by now)

    stage.clock.write_text("0")
    stage.server.accepted.clear()
    mailing = _mailing(twice=kind == "two_operators")
    moment = stage.chance.uniform(0.05, 0.9) * RECIPIENTS
    _wait(lambda: len(stage.server.accepted) >= moment, f"{kind}: nothing was sent")
    KINDS[kind](stage)
    found = Round(kind, kills=0 if kind in ("two_operators", "clock") else 1)

    def is_over() -> bool:
        return bool(Mailing.objects.filter(pk=mailing.pk, state="finished").exists())

    _wait(is_over, f"{kind}: the mailing did not end")
    reckon(found, mailing, stage.server)
    return found


def reckon(found: Round, mailing: Any, server: ScriptedServer) -> None:
    """Compare the ledger with the sink."""
    from newsletters.delivery.models import Recipient  # noqa: PLC0415 (Django is set up by now)
    from newsletters.delivery.states import Outcome  # noqa: PLC0415 (as above)

    deliveries = server.deliveries
    for address, state, words in Recipient.objects.filter(mailing=mailing).values_list("address", "state", "smtp_text"):
        arrived = deliveries.pop(address, 0)
        found.doubled += arrived > 1
        if state == Outcome.UNKNOWN:
            found.unknown += 1
            found.arrived_unknown += arrived > 0
            found.unexplained += not words
        elif state != Outcome.ACCEPTED or not arrived:
            found.lost += 1
    found.doubled += sum(deliveries.values())  # nobody of this mailing: a message went astray


def report(rounds: list[Round]) -> dict[str, Any]:
    """The figures over all rounds and for each kind."""
    crashed = [each for each in rounds if each.kills]
    return {
        "rounds": len(rounds),
        "kills": sum(each.kills for each in rounds),
        "recipients_a_round": RECIPIENTS,
        "window": WINDOW,
        "lost": sum(each.lost for each in rounds),
        "doubled": sum(each.doubled for each in rounds),
        "unknown": sum(each.unknown for each in rounds),
        "unknown_per_kill_max": max((each.unknown for each in crashed), default=0),
        "unexplained": sum(each.unexplained for each in rounds),
        "unknown_arrived": sum(each.arrived_unknown for each in rounds),
        "worst_round": vars(max(rounds, key=lambda each: (each.lost, each.doubled, each.unknown))) if rounds else None,
        "by_kind": {
            kind: {
                "rounds": len(of_kind),
                "unknown": sum(each.unknown for each in of_kind),
                "unknown_max": max(each.unknown for each in of_kind),
            }
            for kind in KINDS
            if (of_kind := [each for each in rounds if each.kind == kind])
        },
    }


def _mailing(*, twice: bool) -> Any:
    """Make a mailing and let it start; `twice`: two operators press send at the same moment."""
    from django.db import connection  # noqa: PLC0415 (Django is set up by now)
    from django.utils import timezone  # noqa: PLC0415 (as above)

    from newsletters.audience.models import MailingList  # noqa: PLC0415 (as above)
    from newsletters.delivery import services  # noqa: PLC0415 (as above)
    from newsletters.delivery.models import Mailing  # noqa: PLC0415 (as above)
    from tests.factories.delivery import compiled_issue  # noqa: PLC0415 (as above)

    mailing_list = MailingList.objects.get(pk=make_list(RECIPIENTS))
    issue = None
    if twice:
        from tests.factories.issues import IssuePageFactory  # noqa: PLC0415 (as above)

        issue = IssuePageFactory()
    compiled = compiled_issue(mailing_list, issue_id=issue.pk if issue else None)

    def press() -> None:
        with suppress(services.FreezeRefusedError):
            services.freeze_mailing(compiled=compiled, at=timezone.now())
        if threading.current_thread() is not threading.main_thread():
            connection.close()

    operators = [threading.Thread(target=press) for _ in range(2 if twice else 1)]
    for operator in operators:
        operator.start()
    for operator in operators:
        operator.join()
    return Mailing.objects.get(mailing_list=mailing_list)


def _sweep(stop: threading.Event) -> None:
    """What beat does, every second: the sweep, and the nudges it asks for."""
    from django.db import connection  # noqa: PLC0415 (Django is set up by now)

    from newsletters.delivery import tasks  # noqa: PLC0415 (as above)

    while not stop.wait(1):
        try:
            tasks.sweep_mailings()
        except Exception as error:  # noqa: BLE001 (whatever broke is being broken on purpose)
            print(f"  sweep: {type(error).__name__}", file=sys.stderr, flush=True)
            connection.close()
    connection.close()


def _wait(condition: Callable[[], bool], words: str) -> None:
    from django.db import DatabaseError, InterfaceError, connection  # noqa: PLC0415 (Django is set up by now)

    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if condition():
                return
        except (DatabaseError, InterfaceError):
            connection.close()
        if time.monotonic() > deadline:
            sys.exit(f"courant: {words} within {PATIENCE} s")
        time.sleep(0.01)


if __name__ == "__main__":
    main()
