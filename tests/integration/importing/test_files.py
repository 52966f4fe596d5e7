from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command
from PIL import Image
from wagtail.models import Page

from content.importing.findings import What
from content.importing.mapping import Mapping, parse_mapping
from content.importing.services import import_folder
from content.media.models import CourantDocument, CourantImage

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db
MAPPING = """\
name: pictures
keys: {title: title}
assets: [static]
folders: [{folder: posts, becomes: blog, parent: /blogs/}]
shortcodes:
  img: {becomes: image, src: src, alt: alt, caption: caption}
  file: {becomes: file-link, file: 0, label: label}
"""
POST = """\
---
title: Kettles
---
{{< img src="/kettle.png" alt="A kettle on a stove" caption="By _Ada_" >}}

![](beside.png) and ![Gone](gone.png)

- one
- two {{< img src="kettle.png" alt="A cup" >}}

[The leaflet](/leaflet.pdf) or {{< file "leaflet.pdf" label="the same" >}}.
"""


def png(colour: str) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(data, "PNG")
    return data.getvalue()


@pytest.fixture
def mapping() -> Mapping:
    return parse_mapping(MAPPING.encode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = tmp_path / "pictures"
    for name, data in {
        "posts/kettles.md": POST.encode(),
        "posts/beside.png": png("red"),
        "static/kettle.png": png("green"),
        "static/leaflet.pdf": b"%PDF-1.4\n%%EOF\n",
        "static/broken.jpg": b"not a picture",
        "static/unused.css": b"body {}",
    }.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(data)
    return source


def test_files_that_are_there_become_images_and_documents_of_the_site(folder: Path, mapping: Mapping) -> None:
    report = import_folder(folder=folder, mapping=mapping)
    assert report.became()["image"] == 2
    assert report.became()["document"] == 1
    body = Page.objects.get(slug="kettles").specific.body
    kettle, beside = (CourantImage.objects.get(title=title) for title in ("kettle", "beside"))
    leaflet = CourantDocument.objects.get()
    blocks = [(block["type"], block["value"]) for block in body.raw_data]
    assert [kind for kind, _ in blocks] == ["image", "image", "text", "image", "text"]
    assert blocks[0][1] == {
        "image": kettle.pk, "alt_text": "A kettle on a stove", "decorative": False, "caption": "By Ada", "credit": "",
    }  # fmt: skip
    assert (blocks[1][1]["image"], blocks[1][1]["decorative"]) == (beside.pk, True)
    assert "[Image: Gone]" in blocks[2][1]
    assert blocks[3][1]["alt_text"] == "A cup"
    assert blocks[4][1].count(f'<a linktype="document" id="{leaflet.pk}">') == 2
    assert leaflet.file_size == 15
    body.stream_block.clean(body)


def test_what_is_no_image_and_what_nobody_uses_is_told(folder: Path, mapping: Mapping) -> None:
    told = import_folder(folder=folder, mapping=mapping).by_what()
    assert [path for path, _ in told[What.MEDIA]] == ["static/broken.jpg"]
    assert [path for path, _ in told[What.NOT_IMPORTED]] == ["static/unused.css"]
    assert [finding.message for _, finding in told[What.IMAGE_SILENT]] == ["beside.png"]
    assert [finding.message for _, finding in told[What.IMAGE]] == ["gone.png"]


def test_files_are_imported_once_and_again_when_they_change(folder: Path, mapping: Mapping) -> None:
    import_folder(folder=folder, mapping=mapping)
    assert import_folder(folder=folder, mapping=mapping).writes == 0
    before = CourantImage.objects.get(title="kettle")
    (folder / "static/kettle.png").write_bytes(png("blue"))
    again = import_folder(folder=folder, mapping=mapping)
    after = CourantImage.objects.get(title="kettle")
    assert again.states()["changed"] == 1
    assert (after.pk, after.file_hash == before.file_hash) == (before.pk, False)


def test_the_command_writes_its_report_and_refuses_what_cannot_be(folder: Path, tmp_path: Path, capsys) -> None:
    mapping = tmp_path / "pictures.yaml"
    mapping.write_text(MAPPING)
    report = tmp_path / "report.md"
    call_command("import_content", str(folder), mapping=str(mapping), report=str(report), quiet=True)
    assert "became: 2 image" in capsys.readouterr().out
    text = report.read_text()
    assert "- `posts/kettles.md`: blog /blogs/kettles/" in text
    assert "- `posts/kettles.md:8` gone.png" in text or "gone.png" in text
    for arguments, words in (
        ({"folder": str(tmp_path / "nowhere"), "mapping": str(mapping)}, "no such folder"),
        ({"folder": str(tmp_path), "mapping": str(mapping)}, "none of the mapping's folders"),
        ({"folder": str(folder), "mapping": "nothing"}, "no such file"),
        ({"folder": str(folder), "mapping": str(mapping), "report": str(tmp_path / "no/r.md")}, "no such folder"),
    ):
        with pytest.raises(CommandError, match=words):
            call_command("import_content", arguments.pop("folder"), quiet=True, **arguments)


def test_a_forgotten_file_is_made_anew(folder: Path, tmp_path: Path, capsys) -> None:
    mapping = tmp_path / "pictures.yaml"
    mapping.write_text(MAPPING)
    call_command("import_content", str(folder), mapping=str(mapping), quiet=True)
    first = Page.objects.get(slug="kettles")
    first.delete()
    call_command("import_content", str(folder), mapping=str(mapping), quiet=True)
    assert not Page.objects.filter(slug="kettles").exists()
    call_command("import_content", str(folder), mapping=str(mapping), quiet=True, forget="posts/*.md")
    assert "1 files forgotten" in capsys.readouterr().out
    assert Page.objects.get(slug="kettles").pk != first.pk
    assert CourantImage.objects.count() == 2
