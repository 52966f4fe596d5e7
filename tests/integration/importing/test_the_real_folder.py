"""The text of a real institution's site, where it lies beside the project; nothing of it is quoted here."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from wagtail.models import Page

from content.importing.findings import What
from content.importing.mapping import load_mapping
from content.importing.services import import_folder

if TYPE_CHECKING:
    from content.importing.report import ImportReport

REAL = Path(__file__).resolve().parents[4] / "shared" / "content" / "digitalgov"
PARTS = ("topics", "communities", "guides", "guidenav", "resources", "events/2024", "news/2016/01", "news/2024")

pytestmark = [pytest.mark.django_db, pytest.mark.skipif(not REAL.is_dir(), reason="../shared is not here")]


@pytest.fixture
def part(tmp_path: Path) -> Path:
    for name in PARTS:
        shutil.copytree(REAL / name, tmp_path / "real" / name)
    return tmp_path / "real"


@pytest.fixture
def report(part: Path) -> ImportReport:
    return import_folder(folder=part, mapping=load_mapping("digitalgov"))


def test_the_real_site_comes_over_whole(report: ImportReport, part: Path) -> None:
    files = {path.relative_to(part).as_posix() for path in part.rglob("*") if path.is_file()}
    assert {entry.path for entry in report.entries} == files
    told = {path for rows in report.by_what().values() for path, _ in rows}
    assert all(entry.path in told for entry in report.entries if entry.became == "nothing")
    assert report.became()["guide"] == 9
    assert report.became()["part"] == 13
    assert report.became()["chapter"] == 120
    outcomes = report.figures["shortcodes"]
    unknown = sum(count for name, count in outcomes.items() if name.endswith("not understood"))
    assert unknown < sum(outcomes.values()) / 100
    assert report.figures["links"]["to a page"] > 400

    pages = [page for page in Page.objects.specific() if hasattr(page, "body")]
    assert len(pages) > 400
    for page in pages:
        page.body.stream_block.clean(page.body)
        assert "COURANTHELD" not in str(page.body.raw_data)
        assert "import-target" not in str(page.body.raw_data)
    assert Page.find_problems() == ([], [], [], [], [])

    again = import_folder(folder=part, mapping=load_mapping("digitalgov"))
    assert again.writes == 0
    assert again.by_what().keys() == report.by_what().keys()
    assert What.CONFLICT not in again.by_what()
