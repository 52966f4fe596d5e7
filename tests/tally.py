"""One summary for a suite that is run twice.

Integration tests run on PostgreSQL and on SQLite, and a process has one database; so `make test` calls pytest twice.
The first run leaves its outcomes in the file that `COURANT_TALLY` names; the last run adds them to its own, so that the
last line pytest prints, and its exit code, are those of the whole suite.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

COUNTED = ("passed", "failed", "error", "skipped", "xfailed", "xpassed", "warnings")


class EarlierReport:
    """Stands for one outcome of the earlier run in pytest's count."""

    count_towards_summary = True


class Tally:
    """Adds the outcomes of an earlier run to those of this one."""

    def __init__(self) -> None:
        folder = os.environ.get("COURANT_TALLY", "")
        self.path = Path(folder) if folder else None
        self.earlier: dict[str, int] = {}
        self.names: list[str] = []
        if self.path and self.path.exists():
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            self.earlier, self.names = kept["outcomes"], kept["failures"]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Generator[None, object, object]:
        """After pytest has written of its own failures, count the earlier run's, and name them."""
        result = yield
        stats = terminalreporter.stats
        outcomes = Counter({name: len(stats[name]) for name in COUNTED if stats.get(name)})
        failures = [report.nodeid for name in ("failed", "error") for report in stats.get(name, [])]
        if self.earlier:
            counts = ", ".join(f"{count} {name}" for name, count in self.earlier.items())
            terminalreporter.write_sep("-", "the run before, on PostgreSQL")
            terminalreporter.write_line(counts)
            for name in self.names:
                terminalreporter.write_line(f"FAILED on PostgreSQL {name}", red=True)
            for name, count in self.earlier.items():
                stats.setdefault(name, []).extend(EarlierReport() for _ in range(count))
        elif self.path:
            self.path.write_text(json.dumps({"outcomes": outcomes, "failures": failures}), encoding="utf-8")
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A failure of the earlier run fails the whole."""
        if (self.earlier.get("failed") or self.earlier.get("error")) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
