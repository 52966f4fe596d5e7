"""A few rounds of `make crash-search`: worker, engine and both are killed while editors work."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.one_machine
@pytest.mark.xdist_group("crashes")
def test_nothing_is_lost_when_worker_and_engine_are_killed():
    command = [sys.executable, "-m", "benchmarks.search.crash", "--rounds", "3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["kills"] == 3
    assert figures["changes"] > 0
    assert figures["lost"] == 0, figures
