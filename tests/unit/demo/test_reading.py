from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from courant.demo.faults import ContentFault
from courant.demo.reading import read_entries, read_page, read_pages, typeset

if TYPE_CHECKING:
    from pathlib import Path

FRONT = "---\ntype: blog\ntitle: It's one\n---\n"


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_a_page_is_cut_into_texts_headings_and_blocks_in_order(tmp_path: Path) -> None:
    file = written(
        tmp_path, "one.md", f"{FRONT}First.\n\n## Don't\n\nSecond.\n\n```quote\ntext: That's it\n```\n\nThird.\n"
    )
    page = read_page(file, tmp_path)
    assert [(chunk.name, chunk.value) for chunk in page.chunks] == [
        ("text", "First."),
        ("heading", {"text": "Don\u2019t"}),
        ("text", "Second."),
        ("quote", {"text": "That\u2019s it"}),
        ("text", "Third."),
    ]
    assert [chunk.entry for chunk in page.chunks][3] == "block 4, quote"
    assert page.front["title"] == "It\u2019s one"


def test_a_pages_place_is_its_address(tmp_path: Path) -> None:
    for name in ("index.md", "guides/one/index.md", "guides/one/b.md", "guides/one/a.md", "blogs/x.md"):
        order = 1 if name.endswith("/b.md") else 2
        written(tmp_path, name, FRONT.replace("---\n", "---\n", 1).replace("title:", f"order: {order}\ntitle:"))
    assert [page.path for page in read_pages(tmp_path)] == [
        "/", "/blogs/x/", "/guides/one/", "/guides/one/b/", "/guides/one/a/",
    ]  # fmt: skip
    assert [page.parent_path for page in read_pages(tmp_path)][1:] == [
        "/blogs/",
        "/guides/",
        "/guides/one/",
        "/guides/one/",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("no front matter", "front matter"),
        ("---\ntitle: a: b\n---\n", "not YAML in line 1"),
        ("---\n- one\n---\n", "key: value"),
        (f"{FRONT}```quote\ntext: a: b\n```\n", "block 1, quote: is not YAML"),
        (f"{FRONT}```quote\ntext: never closed\n", "not closed"),
    ],
)
def test_a_page_that_cannot_be_read_names_file_and_place(tmp_path: Path, text: str, says: str) -> None:
    file = written(tmp_path, "broken.md", text)
    with pytest.raises(ContentFault, match=says) as fault:
        read_page(file, tmp_path)
    assert str(file) in str(fault.value)


def test_bytes_that_are_not_utf_8_name_the_file(tmp_path: Path) -> None:
    file = tmp_path / "latin.md"
    file.write_bytes(FRONT.encode() + b"caf\xe9")
    with pytest.raises(ContentFault, match="cannot be read"):
        read_page(file, tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [("a: 1", "list of entries"), ("- name: x", "entry 1: needs a slug"), ("- slug: x\n- slug: x", "x: .*twice")],
)
def test_a_list_of_entries_is_checked(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ContentFault, match=says):
        read_entries(written(tmp_path, "list.yaml", text))


def test_apostrophes_are_typeset_at_any_depth_and_nothing_else() -> None:
    assert typeset({"a": ["it's", 3, None, {"b": 'the "ward\'s"'}]}) == {
        "a": ["it\u2019s", 3, None, {"b": 'the "ward\u2019s"'}]
    }
