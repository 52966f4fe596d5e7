"""The rules of the house find what breaks them."""

from __future__ import annotations

import pytest

from courant import checks


@pytest.fixture
def house(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").touch()
    for source in checks.SOURCE_ROOTS:
        (tmp_path / source).mkdir(parents=True)
    monkeypatch.setattr(checks, "ROOT", tmp_path)
    return tmp_path


def faults() -> list[str]:
    return [message.id for message in checks.check_layout()]


def test_this_house_keeps_its_rules():
    assert faults() == []


def test_a_package_that_shadows_the_standard_library_is_found(house):
    (house / "site" / "__init__.py").touch()
    assert faults() == ["courant.E001"]


@pytest.mark.parametrize("name", ["content/utils.py", "search/helpers/text.py", "newsletters/common/__init__.py"])
def test_a_module_without_a_name_is_found(house, name):
    (house / name).parent.mkdir(parents=True, exist_ok=True)
    (house / name).touch()
    assert faults() == ["courant.E002"]


def test_a_module_that_is_too_long_is_found_unless_it_is_a_migration(house):
    for name in ("content/long.py", "content/migrations/0001_initial.py"):
        (house / name).parent.mkdir(parents=True, exist_ok=True)
        (house / name).write_text("x = 1\n" * (checks.LONGEST_MODULE + 1))
    assert faults() == ["courant.W003"]
