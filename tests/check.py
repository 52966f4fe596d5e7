"""`make check`: everything that can be said about the code without running its tests, in less than two minutes.

The checks run two at a time; each prints one line when it is done, and its output if it failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("site/courant", "content", "newsletters", "search", "manage.py")
PROGRAMS = Path(sys.executable).parent
# Invented, complete, and different from any real one.
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "courant.settings.production",
    "SECRET_KEY": "k3JvO7-invented-for-the-check-qwLz0Rr8TtYy5Uu2Ii9Oo4Pp6AaSsDdFf",
    "LINK_KEYS": "2026:" + "invented-link-key-for-the-check-00001",
    "SUPPRESSION_KEYS": "2026:" + "invented-suppression-key-for-check-01",
    "SITE_URL": "https://institute.example.org",
    "DATABASE_URL": "postgres://courant:invented@database.example.org/courant",
    "REDIS_URL": "redis://:invented@broker.example.org:6379/0",
    "CACHE_URL": "redis://:invented@cache.example.org:6379/0",
    "ELASTICSEARCH_URL": "https://search.example.org:9200",
    "SMTP_URL": "smtp+starttls://courant:invented@relay.example.org:587",
}
REQUIRED = ("SECRET_KEY", "LINK_KEYS", "SUPPRESSION_KEYS", "SITE_URL", "DATABASE_URL", "REDIS_URL", "SMTP_URL")


@dataclass(frozen=True)
class Check:
    """A command that must succeed; with `says`, one that must fail and name all of these."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    says: tuple[str, ...] = ()

    def run(self, folder: str) -> tuple[bool, str, float]:
        """Return whether it went as it must, what it printed, and the seconds it took."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        environment = {**kept, "COURANT_VAR": folder, **self.environment}
        started = time.monotonic()
        done = subprocess.run(
            self.command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=600
        )
        output = done.stdout + done.stderr
        well = done.returncode == 0
        if self.says:
            missing = [word for word in self.says if word not in output]
            well = done.returncode != 0 and not missing and "Traceback" not in output
            output += f"\n(must fail in one message without a traceback; not named: {missing or 'nothing'})"
        return well, output, time.monotonic() - started


def checks() -> list[Check]:
    """Return the checks, the longest first."""
    tool = str(PROGRAMS) + "/{}"
    manage = (sys.executable, "manage.py")
    return [
        Check("types (mypy, strict)", (tool.format("mypy"), *SOURCES)),
        Check("templates (djlint)", (tool.format("djlint"), "templates", "--lint", "--quiet")),
        Check("imports (import-linter)", (tool.format("lint-imports"),), {"PYTHONPATH": f"{ROOT / 'site'}:{ROOT}"}),
        Check("lint (ruff)", (tool.format("ruff"), "check", ".")),
        Check("format (ruff)", (tool.format("ruff"), "format", "--check", ".")),
        Check("migrations", (*manage, "makemigrations", "--check", "--dry-run")),
        Check("system checks", (*manage, "check", "--fail-level", "WARNING")),
        Check("production settings", (*manage, "check", "--deploy", "--fail-level", "WARNING"), environment=PRODUCTION),
        Check(
            "production settings without an environment",
            (*manage, "check", "--deploy"),
            environment={"DJANGO_SETTINGS_MODULE": PRODUCTION["DJANGO_SETTINGS_MODULE"]},
            says=REQUIRED,
        ),
        Check("layout", (*manage, "check", "--tag", "architecture")),
    ]


def main() -> int:
    """Run all of them; return 1 if any failed."""
    failed = []
    with tempfile.TemporaryDirectory(prefix="courant-check-") as folder, ThreadPoolExecutor(2) as pool:
        running = [(check, pool.submit(check.run, f"{folder}/{number}")) for number, check in enumerate(checks())]
        for check, future in running:
            well, output, seconds = future.result()
            print(f"{'ok    ' if well else 'FAILED'} {check.name} ({seconds:.0f} s)", flush=True)
            if not well:
                failed.append(check.name)
                print("\n".join(f"    {line}" for line in output.strip().splitlines()), flush=True)
    print(f"{len(failed)} of {len(running)} checks failed: {', '.join(failed)}" if failed else "All checks passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
