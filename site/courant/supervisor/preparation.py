"""What must be true of the data before the site starts, and how a second start sees quickly that it is."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command, get_commands
from django.db import DatabaseError, connection

from courant.settings.parts.environment import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SOURCE_ROOTS = ("site/courant", "content", "newsletters", "search")
ADMIN_NAME = "admin"


@dataclass(frozen=True)
class Stamp:
    """What has been done, for which code and which database; kept as `prepared.json` in the data folder.

    `files` stands for migrations, static files, locked packages and the site's address; `database` for the database
    itself, so that another or an emptied one is filled anew; `migrations` for what is applied to it.
    """

    files: str = ""
    database: str = ""
    migrations: str = ""
    demo: bool = False
    search: bool = False


def is_prepared(*, demo: bool) -> bool:
    """Whether nothing has changed since the last preparation; one query and a look at the files."""
    stamp = read_stamp()
    identity, migrations = database_state()
    return (
        bool(identity)
        and stamp.files == files_fingerprint()
        and stamp.database == identity
        and stamp.migrations == migrations
        and (stamp.demo or not demo or not _exists("demo"))
        and (stamp.search or not _exists("search_index"))
        and (settings.STATIC_ROOT / "staticfiles.json").exists()
        and (bool(settings.ELASTICSEARCH_URL) or not _exists("search_index") or settings.SEARCH_SQLITE_PATH.exists())
    )


def prepare_site(*, demo: bool, say: Callable[[str], None]) -> None:
    """Migrate, collect static files, set the site up, make the administrator, load the demo and fill the index.

    Every step is harmless to repeat, and each is recorded when it is done, so a run that was killed goes on. The demo
    is loaded once a database: what an editor deletes stays deleted.
    """
    stamp = read_stamp()
    say("Preparing the database")
    call_command("migrate", interactive=False, verbosity=0)
    identity, migrations = database_state()
    if stamp.database != identity:
        stamp = Stamp(database=identity)
        _write_stamp(stamp)
    if not settings.SEARCH_SQLITE_PATH.exists() and not settings.ELASTICSEARCH_URL:
        stamp = replace(stamp, search=False)
    say("Collecting static files")
    call_command("collectstatic", interactive=False, verbosity=0, clear=False)
    if _exists("setup_site"):
        say("Setting up the site")
        call_command("setup_site", verbosity=0)
    if create_administrator():
        say(f"Made the user {ADMIN_NAME}")
    if demo and not stamp.demo and _exists("demo"):
        say("Loading the demo")
        call_command("demo")
        stamp = replace(stamp, demo=True)
        _write_stamp(stamp)
    if not stamp.search and _exists("search_index"):
        say("Filling the search index")
        call_command("search_index", "rebuild")
        stamp = replace(stamp, search=True)
    _write_stamp(replace(stamp, files=files_fingerprint(), migrations=migrations))


def create_administrator() -> bool:
    """Make the first administrator with the generated password, unless there is one; return whether it was made."""
    users = get_user_model().objects
    if users.filter(username=ADMIN_NAME).exists():
        return False
    users.create_superuser(
        username=ADMIN_NAME, email="admin@example.org", password=settings.LOCAL_SECRETS["ADMIN_PASSWORD"]
    )
    return True


def database_state() -> tuple[str, str]:
    """Return what identifies this database (when its first migration was applied) and a digest of those applied."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT app, name, applied FROM django_migrations ORDER BY app, name")
            rows = cursor.fetchall()
    except DatabaseError:
        return "", ""
    finally:
        connection.close()
    first = min((str(applied) for _, _, applied in rows), default="")
    return first, _digest(f"{app}.{name}" for app, name, _ in rows)


def files_fingerprint() -> str:
    """Return a digest of everything on disk that a preparation depends on."""
    return _digest(_fingerprint_parts())


def read_stamp() -> Stamp:
    """Return what the last preparation recorded; an empty stamp if there is none or it cannot be read."""
    try:
        return Stamp(**json.loads(_stamp_path().read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Stamp()


def _write_stamp(stamp: Stamp) -> None:
    draft = _stamp_path().with_suffix(".draft")
    draft.write_text(json.dumps(asdict(stamp), indent=1), encoding="utf-8")
    draft.replace(_stamp_path())


def _stamp_path() -> Path:
    path: Path = settings.COURANT_VAR / "prepared.json"
    return path


def _fingerprint_parts() -> Iterator[str]:
    yield sys.version
    yield settings.SITE_URL
    yield (ROOT / "requirements" / "base.txt").read_text(encoding="utf-8")
    for source in SOURCE_ROOTS:
        for pattern in ("**/migrations/*.py", "**/apps.py", "**/commands/setup_site.py", "**/static/**/*"):
            for path in sorted((ROOT / source).glob(pattern)):
                yield _file_state(path)
    for folder in settings.STATICFILES_DIRS:
        for path in sorted(folder.glob("**/*")):
            yield _file_state(path)


def _file_state(path: Path) -> str:
    state = path.stat()
    return f"{path.relative_to(ROOT)} {state.st_size} {state.st_mtime_ns}" if path.is_file() else ""


def _digest(parts: Iterator[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def _exists(command: str) -> bool:
    return command in get_commands()
