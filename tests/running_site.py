"""A whole site as a stranger starts it: `manage.py run` in a folder of its own, with its real worker and broker."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 240  # the first start migrates, loads the demo and builds the index
STOP_SECONDS = 15


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class RunningSite:
    """A site with its own `var`, ports and processes."""

    var: Path
    port: int = field(default_factory=free_port)
    mail_port: int = field(default_factory=free_port)
    options: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
        return {
            **kept,
            "DJANGO_SETTINGS_MODULE": "courant.settings.dev",
            "COURANT_VAR": str(self.var),
            "COURANT_PORT": str(self.port),
            "COURANT_MAIL_PORT": str(self.mail_port),
            "PYTHONUNBUFFERED": "1",
        }

    @property
    def log(self) -> str:
        return (self.var.parent / f"{self.var.name}.log").read_text(encoding="utf-8", errors="replace")

    @property
    def admin_password(self) -> str:
        return str(json.loads((self.var / "secrets.json").read_text())["ADMIN_PASSWORD"])

    def start(self) -> None:
        """Start the supervisor and wait until the site says it is ready."""
        with (self.var.parent / f"{self.var.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "run", *self.options],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.wait_until_ready()

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                raise AssertionError(f"manage.py run ended with {self.process.returncode}:\n{self.log[-4000:]}")
            try:
                with urllib.request.urlopen(f"{self.url}/health/ready", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                pass
            time.sleep(0.3)
        raise AssertionError(f"the site was not ready after {seconds} s:\n{self.log[-4000:]}")

    def stop(self) -> None:
        """Stop as Ctrl-C does; kill what does not stop."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def manage(self, *arguments: str, check: bool = True, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a management command beside the running site."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=check,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
        )

    def mails(self) -> list[Any]:
        """Return the messages the mailbox has kept, oldest first, parsed."""
        import email.policy

        found = sorted((self.var / "mailbox").rglob("*.eml"))
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in found]

    def wait_for_mail(self, recipient: str, *, subject: str = "", seconds: float = 60) -> Any:
        """Return the newest mail to `recipient` whose subject contains `subject`, waiting for it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for mail in reversed(self.mails()):
                if recipient in mail["To"] and subject in mail["Subject"]:
                    return mail
            time.sleep(0.3)
        raise AssertionError(f"no mail with {subject!r} after {seconds} s:\n{self.log[-4000:]}")
