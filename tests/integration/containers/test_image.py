"""What the image and compose.yaml run, run here: there is no container engine on a developer's or CI's machine."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands

from courant.supervisor.programs import workers
from tests.check import PRODUCTION

pytestmark = pytest.mark.one_machine

ROOT = Path(__file__).resolve().parents[3]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
OURS = {name: service for name, service in COMPOSE["services"].items() if service.get("image") == "courant"}
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def run(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(ROOT / "site"), str(ROOT)])
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    kept["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**kept, "PYTHONPATH": paths, "COURANT_VAR": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_static_files_are_collected_as_the_image_does(tmp_path: Path):
    [command] = re.findall(r"^RUN DJANGO_SETTINGS_MODULE=\S+ python (.*collectstatic.*)$", DOCKERFILE, re.MULTILINE)
    done = run(
        [sys.executable, *shlex.split(command)],
        tmp_path,
        DJANGO_SETTINGS_MODULE="courant.settings.collecting",
        STATIC_ROOT=str(tmp_path / "static"),
    )
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "static").rglob("*.css.gz"))
    assert (tmp_path / "static" / "staticfiles.json").exists()


def test_the_image_copies_every_source_root():
    for name in ("site", "content", "newsletters", "search", "templates", "manage.py", "requirements/base.txt"):
        assert re.search(rf"^COPY .*\b{re.escape(name)}\b", DOCKERFILE, re.MULTILINE), name
        assert f"!{name}" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def test_the_web_server_starts_with_productions_settings(tmp_path: Path):
    [default] = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    command = shlex.split(OURS["web"]["command"])
    assert yaml.safe_load(default) == command
    done = run([*command, "--check-config"], tmp_path, **{**PRODUCTION, "ELASTICSEARCH_URL": ""})
    assert done.returncode == 0, done.stderr


def test_the_workers_take_the_queues_that_the_supervisors_workers_take():
    for service, program in (("worker-transactional", "transactional"), ("worker-bulk", "bulk")):
        [known] = [list(worker.command) for worker in workers() if worker.name == program]
        command = shlex.split(OURS[service]["command"])
        assert command[:4] == ["celery", "-A", "courant", "worker"]
        for option in ("-Q", "-c", "--pool"):
            assert command[command.index(option) + 1] == known[known.index(option) + 1]


def test_celery_understands_every_option(tmp_path: Path):
    for service in ("worker-transactional", "worker-bulk", "beat"):
        done = run([*shlex.split(OURS[service]["command"]), "--help"], tmp_path)
        assert done.returncode == 0, done.stderr


def test_the_management_commands_exist():
    script = shlex.split(OURS["migrate"]["command"])[-1]
    names = re.findall(r"manage\.py (\w+)", script)
    assert names == ["migrate", "setup_site", "search_index"]
    assert set(names) <= set(get_commands())


def test_every_required_variable_is_in_the_example():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    given = set(re.findall(r"^(\w+)=", example, re.MULTILINE)) | set(COMPOSE["x-courant"]["environment"])
    assert {"SECRET_KEY", "LINK_KEYS", "SUPPRESSION_KEYS", "SITE_URL", "DATABASE_URL", "REDIS_URL", "SMTP_URL"} <= given
