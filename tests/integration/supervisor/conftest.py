"""A real supervisor with its real programs, on an empty site."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.integration.supervisor.processes import processes_of, wait_for
from tests.running_site import RunningSite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def prepared_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """A site whose first start is over; not running."""
    site = RunningSite(var=tmp_path_factory.mktemp("supervisor") / "var", options=("--no-demo",))
    try:
        site.start()
        wait_for(lambda: "Ctrl-C stops everything." in site.log, what="the addresses are printed")
        site.stop()
        yield site
    finally:
        end_all(site.var)


@pytest.fixture
def site(prepared_site: RunningSite) -> Iterator[RunningSite]:
    """The prepared site, to be started by the test; whatever the test leaves is ended."""
    yield prepared_site
    prepared_site.stop()
    end_all(prepared_site.var)


def end_all(var: Path) -> None:
    """End what a failed test left behind, so that it fails alone."""
    for pid in processes_of(var):
        os.kill(pid, signal.SIGKILL)
