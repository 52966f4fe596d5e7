"""The tests: the development settings, with a database, broker prefix, index and media folder a pytest-xdist worker."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
_root = os.environ.get("COURANT_TEST_VAR") or f"{tempfile.gettempdir()}/courant-tests-{os.getuid()}"
_folder = Path(_root) / _worker
(_folder / "static").mkdir(parents=True, exist_ok=True)
os.environ["COURANT_VAR"] = str(_folder)

from courant.settings.dev import *  # noqa: E402
from courant.settings.dev import DATABASES  # noqa: E402

SECRET_KEY = "tests-only-secret-key-tests-only-secret-key-0123456789"  # noqa: S105
LINK_KEYS = {"t1": "tests-only-link-key-0123456789abcdef0123456789"}
SUPPRESSION_KEYS = {"t1": "tests-only-suppression-key-0123456789abcdef"}
SITE_URL = "http://localhost"
WAGTAILADMIN_BASE_URL = SITE_URL
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AXES_ENABLED = False
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, not memory: threads and child processes must see the same database, as they do in a run.
    DATABASES["default"]["TEST"] = {"NAME": str(_folder / "test.sqlite3")}
    # A killed process loses nothing without fsync, only a power cut does; with it every migration waits for the disk.
    DATABASES["default"]["OPTIONS"]["init_command"] += "; PRAGMA synchronous=OFF"
SEARCH_SQLITE_PATH = _folder / "search.sqlite3"
SEMANTIC_MODEL = ""
SEARCH_INDEX_PREFIX = f"courant-test-{_worker}"
# The environment's is the server that tests of search may fill; all others use the embedded index.
ELASTICSEARCH_URL = ""
