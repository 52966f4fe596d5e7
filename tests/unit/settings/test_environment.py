"""The environment: everything that is wrong is said at once, in words an operator can act on."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courant.settings.parts import secrets
from courant.settings.parts.databases import with_safe_sqlite
from courant.settings.parts.environment import ROOT, Environment, IncompleteEnvironmentError, smtp_settings
from courant.settings.parts.secrets import local_secrets
from tests.check import PRODUCTION, REQUIRED


def production(script: str, tmp_path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script under production's settings, with exactly this environment."""
    return subprocess.run(
        [sys.executable, "-c", f"from django.conf import settings\n{script}"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT / 'site'}{os.pathsep}{ROOT}",
            "DJANGO_SETTINGS_MODULE": "courant.settings.production",
            "COURANT_VAR": str(tmp_path),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def without_search(**changes: str) -> dict[str, str]:
    return {**{name: value for name, value in PRODUCTION.items() if name != "ELASTICSEARCH_URL"}, **changes}


def test_an_empty_environment_names_every_variable_in_one_message(tmp_path):
    done = production("settings.DEBUG", tmp_path)
    assert done.returncode == 1
    for name in REQUIRED:
        assert f"- {name} is not set" in done.stderr


def test_every_malformed_variable_is_named_beside_the_missing_ones(tmp_path):
    wrong = {
        "SITE_URL": "institute.example.org",
        "SMTP_URL": "http://relay",
        "DATABASE_URL": "nonsense://",
        "LINK_KEYS": "2026:short",
        "SSL_REDIRECT": "perhaps",
        "REDIS_URL": "",
    }
    done = production("settings.DEBUG", tmp_path, **without_search(**wrong))
    assert done.returncode == 1
    for name in wrong:
        assert f"- {name} " in done.stderr
    for name in ("SECRET_KEY", "SUPPRESSION_KEYS"):
        assert f"- {name} " not in done.stderr


def test_no_value_of_a_secret_is_repeated_in_a_message(tmp_path):
    done = production("settings.DEBUG", tmp_path, **without_search(LINK_KEYS="2026:" + "s3cret", SITE_URL=""))
    assert done.returncode == 1
    assert "s3cret" not in done.stderr


def test_a_complete_environment_is_safe_by_default(tmp_path):
    script = (
        "print(settings.DEBUG, settings.SECURE_SSL_REDIRECT, settings.SESSION_COOKIE_SECURE, "
        "settings.CSRF_COOKIE_SECURE, settings.COURANT_MAILBOX, settings.ALLOWED_HOSTS, "
        "settings.SECURE_HSTS_SECONDS > 0)"
    )
    done = production(script, tmp_path, **without_search())
    assert done.stdout.split("\n")[0] == "False True True True False ['institute.example.org'] True", done.stderr


def test_the_settings_of_one_machine_want_nothing(tmp_path):
    script = "print(settings.COURANT_MAILBOX, settings.DEBUG, settings.COURANT_HOST)"
    done = production(script, tmp_path, DJANGO_SETTINGS_MODULE="courant.settings.dev")
    assert done.stdout.split("\n")[0] == "True False 127.0.0.1", done.stderr


@given(st.dictionaries(st.sampled_from(REQUIRED), st.text(max_size=60)))
def test_no_value_whatever_raises_before_the_end(values):
    env = Environment(values)
    for name in REQUIRED:
        env.text(name)
        env.flag(name)
        env.number(name, 1)
        env.url(name, schemes=("https",))
        env.keys(name)
        env.database(name)
    if env.errors:
        with pytest.raises(IncompleteEnvironmentError):
            env.finish()


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("TRUE", True), (" on ", True), ("0", False), ("No", False), ("", True)]
)
def test_a_flag_is_a_yes_or_a_no(text, value):
    env = Environment({"X": text})
    assert env.flag("X", default=True) is value
    assert env.errors == []


def test_keys_are_named_and_the_first_signs():
    env = Environment({"X": f"new:{'a' * 32}, old:{'b' * 40}"})
    assert list(env.keys("X").items()) == [("new", "a" * 32), ("old", "b" * 40)]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://relay", {"host": "relay", "port": 25, "username": "", "password": "", "security": "none"}),
        (
            "smtp+starttls://me%40x.org:p%3Aw@relay",
            {"host": "relay", "port": 587, "username": "me@x.org", "password": "p:w", "security": "starttls"},
        ),
        ("smtps://relay:2465", {"host": "relay", "port": 2465, "username": "", "password": "", "security": "tls"}),
    ],
)
def test_a_relay_is_read_from_its_address(url, expected):
    assert smtp_settings(url) == expected


def test_sqlite_is_made_safe_and_postgresql_left_alone():
    sqlite = with_safe_sqlite({"ENGINE": "django.db.backends.sqlite3"})
    assert sqlite["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "synchronous=FULL" in sqlite["OPTIONS"]["init_command"]
    assert "OPTIONS" not in with_safe_sqlite({"ENGINE": "django.db.backends.postgresql"})


def test_secrets_are_made_once_kept_and_private(tmp_path):
    made = local_secrets(tmp_path / "var")
    assert local_secrets(tmp_path / "var") == made
    assert len(set(made.values())) == len(secrets.NAMES)
    assert (tmp_path / "var" / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secrets.json"]


def test_a_secret_of_a_newer_version_is_added_and_the_others_stay(tmp_path):
    (tmp_path / "secrets.json").write_text(json.dumps({"SECRET_KEY": "mine", "ADMIN_PASSWORD": "theirs"}))
    made = local_secrets(tmp_path)
    assert (made["SECRET_KEY"], made["ADMIN_PASSWORD"]) == ("mine", "theirs")
    assert all(made.values())


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "No disk space"), (errno.EROFS, "Read-only"), (errno.EACCES, "denied")]
)
def test_a_folder_without_room_or_leave_is_one_line(tmp_path, monkeypatch, number, words):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(IncompleteEnvironmentError, match=words) as caught:
        local_secrets(tmp_path / "var")
    assert "COURANT_VAR" in str(caught.value)
    assert "\n" not in str(caught.value)
