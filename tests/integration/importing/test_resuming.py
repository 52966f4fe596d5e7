"""An import that is killed and run again ends like one that was left alone."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.integration.importing.conftest import MAPPING

ROOT = Path(__file__).resolve().parents[3]
PAGES = 150
TABLES = {
    "wagtailcore_page": "path, depth, numchild, title, slug, url_path, live, expired, expire_at, first_published_at",
    "articles_blogpage": "page_ptr_id, summary, published_on, body",
    "articles_chapterpage": "page_ptr_id, body",
    "pages_card": "page_id, kind, title, published_on, visible_to",
    "pages_pagetopic": "page_id, topic_id, sort_order",
    "pages_pageauthor": "page_id, profile_id, sort_order",
    "topics_topic": "id, name, slug",
    "people_profile": "id, name, slug, affiliation",
    "wagtailredirects_redirect": "old_path, redirect_page_id, redirect_link",
    "importing_importeditem": "path, digest, kind, object_id, fingerprint, waiting, outcome",
    "wagtailcore_referenceindex": "object_id, to_object_id, model_path, content_path",
}


def command(var: Path, *arguments: str, broker: str) -> tuple[list[str], dict[str, str]]:
    environment = {
        **os.environ,
        "COURANT_VAR": str(var),
        "DJANGO_SETTINGS_MODULE": "courant.settings.dev",
        "REDIS_URL": broker,
    }
    environment.pop("DATABASE_URL", None)
    return [sys.executable, str(ROOT / "manage.py"), *arguments], environment


def run(var: Path, *arguments: str, broker: str) -> None:
    words, environment = command(var, *arguments, broker=broker)
    done = subprocess.run(words, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def rows(var: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(f"file:{var / 'courant.sqlite3'}?mode=ro", uri=True, timeout=20)) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def broker(valkey_url: str) -> str:
    return valkey_url


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory, broker: str) -> Path:
    var = tmp_path_factory.mktemp("migrated")
    run(var, "migrate", "-v0", broker=broker)
    return var


@pytest.fixture
def many(source: Path) -> Path:
    """The small source with many posts more, each linking to the next, which is made after it."""
    for number in range(PAGES):
        (source / f"posts/many-{number:03}.md").write_text(
            f"---\ntitle: Number {number}\ndate: 2018-01-01 00:{number % 60:02}:00\n"
            f"authors: [ada, writer-{number % 7}]\ntopics: [leaves]\naliases: [/n/{number}/]\n---\n## Part\n\n"
            f'Text with [the next]({{{{< ref "many-{(number + 1) % PAGES:03}.md" >}}}}).\n\n'
            f"{'More text to read. ' * 40}\n"
        )
    (source.parent / "mapping.yaml").write_text(MAPPING)
    return source


def killed_at(var: Path, arguments: list[str], *, condition: str, least: int, broker: str) -> bool:
    """Start an import and kill it when the database says so; whether it was still running."""
    words, environment = command(var, *arguments, broker=broker)
    process = subprocess.Popen(words, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < deadline:
            if rows(var, condition)[0][0] >= least:
                os.kill(process.pid, signal.SIGKILL)
                process.wait(20)
                return process.returncode == -signal.SIGKILL
            time.sleep(0.002)
        return False
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(20)


@pytest.mark.one_machine
def test_a_killed_import_resumes_and_ends_like_one_left_alone(
    migrated: Path, many: Path, tmp_path: Path, broker: str
) -> None:
    left_alone, killed = tmp_path / "left-alone", tmp_path / "killed"
    for var in (left_alone, killed):
        shutil.copytree(migrated, var)
    arguments = ["import_content", str(many), "--mapping", str(many.parent / "mapping.yaml"), "--quiet"]
    run(left_alone, *arguments, broker=broker)
    items = "SELECT count(*) FROM importing_importeditem"
    linked = f"{items} WHERE path LIKE 'posts/many-%' AND waiting = '[]'"
    moments = [(items, 1), (items, 60), (items, 110), (linked, 20), (linked, 90)]
    kills = [killed_at(killed, arguments, condition=sql, least=least, broker=broker) for sql, least in moments]
    assert sum(kills) >= 3
    run(killed, *arguments, broker=broker)
    for table, columns in TABLES.items():
        sql = f"SELECT {columns} FROM {table} ORDER BY {columns}"  # noqa: S608 (the names are above)
        assert rows(killed, sql) == rows(left_alone, sql), table
    assert rows(killed, f"{items} WHERE waiting <> '[]'") == [(0,)]
