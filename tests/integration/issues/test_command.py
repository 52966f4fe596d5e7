"""`manage.py newsletter compile|preflight`, and the verbs that other rooms add."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from newsletters.issues.registry import Subcommand, registry

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("newsletter", *arguments, stdout=out, stderr=out, no_color=True)
    return out.getvalue()


def test_compile_says_size_hash_and_what_blocks_cost(issue) -> None:
    output = run("compile", str(issue.pk))
    assert output.startswith("What carried the others\n")
    assert "bytes of HTML, content " in output
    assert "Page cards" in output


def test_an_issue_is_found_by_its_path_too(issue) -> None:
    assert run("compile", issue.path_on_site) == run("compile", str(issue.pk))


def test_compile_writes_both_parts_into_a_folder(issue, tmp_path) -> None:
    run("compile", str(issue.pk), "--folder", str(tmp_path / "out"))
    assert "Sam Example" in (tmp_path / "out" / "mail.html").read_text(encoding="utf-8")
    assert "Sam Example" in (tmp_path / "out" / "mail.txt").read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_one_clear_line(issue, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="Cannot write into"):
        run("compile", str(issue.pk), "--folder", str(tmp_path / "file"))


@pytest.mark.parametrize("wanted", ["999999", "/newsletters/nowhere/", "x"])
@pytest.mark.parametrize("verb", ["compile", "preflight"])
def test_an_issue_that_is_not_there_is_one_clear_line(issue, verb: str, wanted: str) -> None:
    with pytest.raises(CommandError, match="There is no issue"):
        run(verb, wanted)


def test_preflight_passes_for_a_good_issue(issue) -> None:
    output = run("preflight", str(issue.pk))
    assert "ok: Subject" in output
    assert "error:" not in output


def test_preflight_fails_with_its_reasons(issue, newsletter) -> None:
    newsletter.mailing_list = None
    newsletter.save()
    out = StringIO()
    with pytest.raises(CommandError, match="1 error: the issue cannot be sent") as caught:
        call_command("newsletter", "preflight", str(issue.pk), stdout=out, no_color=True)
    assert caught.value.returncode == 1
    assert "error: Audience: The newsletter has no mailing list" in out.getvalue()


def test_preflight_speaks_json(issue) -> None:
    report = json.loads(run("preflight", str(issue.pk), "--json"))
    assert report["passes"] is True
    assert {"level", "check", "message", "block"} == set(report["findings"][0])


def test_a_verb_is_needed(issue) -> None:
    with pytest.raises(CommandError, match="VERB"):
        run()


def test_delivery_adds_its_verbs() -> None:
    assert {"send", "status", "pause", "resume", "cancel"} <= set(registry.subcommands)


def test_a_verb_is_registered_once() -> None:
    with pytest.raises(ValueError, match="registered already"):
        registry.add_subcommand(Subcommand("send", "", lambda _: None, lambda *_: None))
