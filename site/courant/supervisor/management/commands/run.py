"""`manage.py run`: the whole product on one machine."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand

from courant.settings.parts.environment import ROOT
from courant.supervisor import guard, programs
from courant.supervisor.errors import CannotRunError
from courant.supervisor.lock import lock_folder
from courant.supervisor.preflight import check_folder, choose_broker_port, open_socket
from courant.supervisor.preparation import ADMIN_NAME, is_prepared
from courant.supervisor.supervisor import StoppedError, Supervisor

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from pathlib import Path

SECONDS_FOR_BROKER = 15.0
# A laptop under load; the second start is below 10 s.
SECONDS_FOR_WEB = 90.0


class Command(BaseCommand):
    """Start broker, mailbox, workers, beat and web under one supervisor, until Ctrl-C."""

    help = "Run everything on this machine: web, workers, beat, the bundled broker and a mailbox. Ctrl-C stops it."
    # The programs check themselves; two seconds matter here.
    requires_system_checks: list[str] = []  # noqa: RUF012 (Django's own attribute)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="Start with an empty site.")
        parser.add_argument("--with-parent", action="store_true", help="End when the calling process ends (Linux).")

    def handle(self, **options: Any) -> None:
        if not hasattr(settings, "LOCAL_SECRETS"):
            sys.exit("manage.py run is for one machine: it needs the settings courant.settings.dev.")
        if options["with_parent"]:
            end_with_parent()
        try:
            run_everything(demo=not options["no_demo"])
        except CannotRunError as error:
            sys.exit(f"courant: {error}")
        except StoppedError:
            self.stdout.write("Courant has stopped.")


def run_everything(*, demo: bool) -> None:
    """Check, prepare and serve, until the operator stops it.

    Raises:
        CannotRunError: something is in the way; nothing is left running.
        StoppedError: the operator asked; everything has ended.
    """
    var: Path = settings.COURANT_VAR
    check_folder(var)
    lock = lock_folder(var)
    web_socket = open_socket(
        host=settings.COURANT_HOST, port=settings.COURANT_PORT, variable="COURANT_PORT", purpose="the site"
    )
    mail_socket = open_socket(
        host="127.0.0.1", port=settings.COURANT_MAIL_PORT, variable="COURANT_MAIL_PORT", purpose="the mailbox"
    )
    redis_url, broker = _broker(var / "broker")
    environment = programs.child_environment(
        root=ROOT, redis_url=redis_url, settings=os.environ["DJANGO_SETTINGS_MODULE"]
    )
    with web_socket, mail_socket, Supervisor(environment=environment, folder=ROOT, lock=lock) as supervisor:
        if broker:
            supervisor.start(broker, keep=True)
        supervisor.start(programs.mailbox(root=settings.MAILBOX_ROOT, descriptor=mail_socket.fileno()), keep=True)
        _wait_for_broker(supervisor, redis_url)
        if not is_prepared(demo=demo) and not supervisor.run_once(programs.preparation(demo=demo)):
            raise CannotRunError("The preparation failed, for the reason given above; nothing is running.")
        for program in (*programs.workers(), programs.beat(folder=var / "beat")):
            supervisor.start(program)
        supervisor.start(programs.web(descriptor=web_socket.fileno()))
        web_answers = _watch_web()
        if not supervisor.wait_until(web_answers.is_set, timeout=SECONDS_FOR_WEB):
            supervisor.say("The site does not answer yet; the lines above should say why.")
        for line in _welcome():
            supervisor.say(line)
        supervisor.serve()


def end_with_parent() -> None:
    """Ask Linux for SIGTERM when the parent ends, even if it was killed; stop at once if it has ended already."""
    parent = os.getppid()
    guard.set_process_option(guard.PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(0)


def _broker(folder: Path) -> tuple[str, programs.Program | None]:
    """Return the broker's address and, unless the operator brings one, the program; commands find it in a file."""
    if os.environ.get("REDIS_URL"):
        return settings.REDIS_URL, None
    folder.mkdir(parents=True, exist_ok=True)
    port = choose_broker_port(wanted=settings.COURANT_BROKER_PORT, remembered=folder / "port")
    password = settings.LOCAL_SECRETS["BROKER_PASSWORD"]
    configuration = programs.write_broker_configuration(folder=folder, port=port, password=password)
    return f"redis://:{password}@127.0.0.1:{port}/0", programs.broker(configuration)


def _wait_for_broker(supervisor: Supervisor, redis_url: str) -> None:
    parts = urlsplit(redis_url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 6379

    def answers() -> bool:
        try:
            socket.create_connection((host, port), timeout=0.2).close()
        except OSError:
            return False
        return True

    if not supervisor.wait_until(answers, timeout=SECONDS_FOR_BROKER):
        raise CannotRunError(f"The broker at {host}:{port} does not answer; the lines above should say why.")


def _watch_web() -> threading.Event:
    """Return an event that is set once the site says that it is ready."""
    answers = threading.Event()
    address = f"http://{settings.COURANT_HOST}:{settings.COURANT_PORT}/health/ready"

    def watch() -> None:
        pause = threading.Event()
        while not answers.is_set():
            try:
                with urllib.request.urlopen(address, timeout=5):
                    answers.set()
            except OSError:
                pause.wait(0.1)

    threading.Thread(target=watch, name="watch-web", daemon=True).start()
    return answers


def _welcome() -> list[str]:
    site = settings.SITE_URL
    return [
        "",
        f"Site     {site}/",
        f"Admin    {site}/admin/   user {ADMIN_NAME}, password {settings.LOCAL_SECRETS['ADMIN_PASSWORD']}",
        f"Mailbox  {site}/mailbox/   (SMTP on 127.0.0.1:{settings.COURANT_MAIL_PORT})",
        f"The password is the one of the first start, kept in {settings.COURANT_VAR / 'secrets.json'}.",
        "Ctrl-C stops everything.",
    ]
