"""One summary for a suite that is run several times.

Integration tests run on PostgreSQL and on SQLite, and a process has one database; the browser's event loop wants a
process of its own; so `make test` calls pytest several times. Every run but the last, which has no
`COURANT_TALLY_LABEL`, leaves its outcomes in the file that `COURANT_TALLY` names; the last adds them to its own, so
that the last line pytest prints, and its exit code, are those of the whole suite.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

COUNTED = ("passed", "failed", "error", "skipped", "xfailed", "xpassed", "warnings")


class EarlierReport:
    """Stands for one outcome of the earlier run in pytest's count."""

    count_towards_summary = True


class Tally:
    """Adds the outcomes of earlier runs to those of the last."""

    def __init__(self) -> None:
        path = os.environ.get("COURANT_TALLY", "")
        self.path = Path(path) if path else None
        self.label = os.environ.get("COURANT_TALLY_LABEL", "")
        self.earlier: list[dict[str, Any]] = []
        if self.path and self.path.exists():
            self.earlier = json.loads(self.path.read_text(encoding="utf-8"))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Generator[None, object, object]:
        """After pytest has written of its own failures, count the earlier runs', and name them."""
        result = yield
        stats = terminalreporter.stats
        if self.path and self.label:
            outcomes = {name: len(stats[name]) for name in COUNTED if stats.get(name)}
            failures = [report.nodeid for name in ("failed", "error") for report in stats.get(name, [])]
            run = {"label": self.label, "outcomes": outcomes, "failures": failures}
            self.path.write_text(json.dumps([*self.earlier, run]), encoding="utf-8")
            return result
        for run in self.earlier:
            terminalreporter.write_sep("-", f"the run before, {run['label']}")
            terminalreporter.write_line(", ".join(f"{count} {name}" for name, count in run["outcomes"].items()))
            for name in run["failures"]:
                terminalreporter.write_line(f"FAILED {run['label']} {name}", red=True)
            for name, count in run["outcomes"].items():
                stats.setdefault(name, []).extend(EarlierReport() for _ in range(count))
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A failure of an earlier run fails the whole."""
        failed = any(run["outcomes"].get("failed") or run["outcomes"].get("error") for run in self.earlier)
        if failed and not self.label and session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
