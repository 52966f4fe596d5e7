from __future__ import annotations

import io

from content.importing.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_one_line_moves() -> None:
    out = Terminal()
    progress = Progress(out)
    progress.interval = 0
    with progress.stage("pages", 2) as stage:
        stage.step()
        stage.step()
    assert out.getvalue().count("\n") == 1
    assert out.getvalue().count("\r") == 3
    assert "2/2" in out.getvalue()


def test_elsewhere_there_is_a_line_at_the_end() -> None:
    out = io.StringIO()
    with Progress(out).stage("pages", 3) as stage:
        stage.step(3)
    assert out.getvalue().count("\n") == 1
    assert "\r" not in out.getvalue()


def test_a_stage_with_nothing_to_do_says_nothing() -> None:
    out = io.StringIO()
    with Progress(out).stage("pages", 0):
        pass
    assert out.getvalue() == ""


def test_without_a_stream_nothing_is_shown() -> None:
    with Progress().stage("pages", 1) as stage:
        stage.step()
    assert stage.done == 1
