"""The whole suite: `make test`, or `make test T=tests/unit/search` for a part.

Integration tests run on PostgreSQL first, then what needs a browser, then integration tests and units on SQLite; the
last line is pytest's summary of all three (tests/tally.py). On Debian and Ubuntu as root what is missing comes from the
package manager; elsewhere DATABASE_URL, ELASTICSEARCH_URL and CHROMIUM say where it is. Without the first two a private
PostgreSQL and, where tests of search are among them, a private Elasticsearch are started in temporary folders.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.elasticsearch.server import ElasticsearchServer, ServerFailed
from tests.postgresql import PrivatePostgreSQL, find_postgresql

ROOT = Path(__file__).resolve().parent.parent
INTEGRATION = ROOT / "tests" / "integration"
BROWSER = ROOT / "tests" / "browser"
SEARCH = INTEGRATION / "search"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


def main(arguments: list[str]) -> int:
    """Run the tests under the given paths, or all; return pytest's exit code."""
    paths = [argument for argument in arguments if not argument.startswith("-")] or ["tests"]
    options = [argument for argument in arguments if argument.startswith("-")]
    on_postgresql, in_browser = _within(paths, INTEGRATION), _within(paths, BROWSER)
    others = [path for path in paths if not _is_below(path, BROWSER)]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="courant-tests-")))
        environment = {**os.environ, "COURANT_TALLY": str(folder / "tally.json"), "COURANT_TEST_VAR": f"{folder}/var"}
        runs: list[tuple[str, list[str], list[str], dict[str, str]]] = []
        if on_postgresql:
            url = os.environ.get("DATABASE_URL") or stack.enter_context(PrivatePostgreSQL(ensure_postgresql())).url
            runs.append(("on PostgreSQL", ["-m", "not one_machine"], on_postgresql, {"DATABASE_URL": url}))
        environment.pop("DATABASE_URL", None)
        if _within(paths, SEARCH) and not environment.get("ELASTICSEARCH_URL"):
            try:
                environment["ELASTICSEARCH_URL"] = stack.enter_context(ElasticsearchServer()).url
            except ServerFailed as error:
                sys.exit(f"courant: {error}")
        if in_browser:
            # By itself: Playwright keeps an event loop running, and other tests want to run one of their own.
            runs.append(("in a browser", [], in_browser, {"CHROMIUM": ensure_chromium()}))
        if others:
            runs.append(("", ["--ignore", str(BROWSER)], others, {}))
        for number, (label, more, where, variables) in enumerate(runs, start=1):
            last = {"COURANT_TALLY_LABEL": "" if number == len(runs) else label}
            code = run_pytest([*options, *more], where, {**environment, **variables, **last})
            if code not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED}:
                return code
        return code


def run_pytest(options: list[str], paths: list[str], environment: dict[str, str]) -> int:
    """Run pytest on both cores and return its exit code."""
    workers = [] if any(option.startswith("-n") for option in options) else ["-n", os.environ.get("TEST_WORKERS", "2")]
    command = [sys.executable, "-m", "pytest", "-q", *workers, "--dist", "loadgroup", *options, *paths]
    return subprocess.call(command, cwd=ROOT, env=environment)


def _is_below(path: str, folder: Path) -> bool:
    return (ROOT / path.partition("::")[0]).resolve().is_relative_to(folder)


def ensure_postgresql() -> Path:
    """Return the folder of PostgreSQL's programs."""
    found = find_postgresql()
    if found is None:
        _install("postgresql", "PostgreSQL", "or set DATABASE_URL to a server on which databases may be made")
        found = find_postgresql()
    assert found is not None
    return found


def ensure_chromium() -> str:
    """Return the path of Chromium."""
    given = os.environ.get("CHROMIUM")
    if given:
        return given
    if not (found := _first_of(CHROMIUM_NAMES)):
        _install("chromium", "Chromium", "or set CHROMIUM to its path")
        found = _first_of(CHROMIUM_NAMES)
    assert found
    return found


def _install(package: str, name: str, otherwise: str) -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"courant: the tests need {name}: install it ({package}), {otherwise}.")
    print(f"Installing {name}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "--no-install-recommends", package]
    for command in (["apt-get", "update"], install):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"courant: {name} could not be installed by {' '.join(install)}:\n{done.stderr[-2000:]}")


def _first_of(names: tuple[str, ...]) -> str | None:
    return next(filter(None, map(shutil.which, names)), None)


def _within(paths: list[str], folder: Path) -> list[str]:
    """Return the part of `paths` that lies in `folder`: a path inside it, or the folder where a path holds it."""
    found = []
    for path in paths:
        file = (ROOT / path.partition("::")[0]).resolve()
        if _is_below(path, folder):
            found.append(path)
        elif folder.is_relative_to(file):
            found.append(str(folder.relative_to(ROOT)))
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
