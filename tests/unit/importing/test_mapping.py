from __future__ import annotations

import pytest

from content.importing.mapping import SHIPPED, MappingError, load_mapping, parse_mapping

WHOLE = """\
name: teahouse
time_zone: Europe/London
folders:
  - folder: posts
    becomes:
      - {type: blog, parent: /blogs/, when: {key: authors}}
      - {type: news, parent: /news/}
shortcodes:
  note: callout
"""


def fault_of(text: str) -> str:
    with pytest.raises(MappingError) as refused:
        parse_mapping(text.encode())
    return str(refused.value)


def test_a_whole_mapping_is_read() -> None:
    mapping = parse_mapping(WHOLE.encode())
    blog, news = mapping.folders[0].types
    assert (blog.type, blog.parent, news.when) == ("blog", "/blogs/", ())
    assert blog.when[0].holds({"authors": ["ada"]})
    assert not blog.when[0].holds({"authors": []})
    assert mapping.shortcodes["note"].kind == "callout"


def test_every_shipped_mapping_is_whole() -> None:
    names = [path.stem for path in SHIPPED.glob("*.yaml")]
    assert "digitalgov" in names
    assert [load_mapping(name).name for name in names] == names


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("name: teahouse", "title: teahouse", 1, "title: is not known in a mapping"),
        ("name: teahouse\n", "", 1, "name: is missing"),
        ("Europe/London", "Europe/Atlantis", 2, "is no time zone"),
        ("type: news", "type: newz", 7, "did you mean 'news'?"),
        ("key: authors", "keys: authors", 6, "did you mean 'key'?"),
        ("folder: posts", "folders: posts", 4, "did you mean 'folder'?"),
        ("note: callout", "note: call-out", 9, "did you mean 'callout'?"),
        ("note: callout", "note: {becomes: quote, txt: x}", 9, "did you mean 'text'?"),
        ("note: callout", "note: callout\n  note: quote", 10, "is given twice"),
        ("  - folder: posts", "  - [folder: posts", 5, "not YAML"),
        ("folders:\n", "folders: posts\nhosts:\n", 3, "should be a list"),
    ],
)
def test_a_fault_names_its_line_and_what_to_write(old: str, new: str, line: int, words: str) -> None:
    assert old in WHOLE
    message = fault_of(WHOLE.replace(old, new, 1))
    assert words in message
    assert f"line {line}:" in message


def test_an_empty_file_is_no_mapping() -> None:
    assert "begins with `name:`" in fault_of("")


def test_a_name_that_is_not_shipped_is_refused_with_those_that_are() -> None:
    with pytest.raises(MappingError, match="there is: digitalgov"):
        load_mapping("teahouse")


def test_the_digest_changes_with_every_byte() -> None:
    assert parse_mapping(WHOLE.encode()).digest != parse_mapping((WHOLE + "\n").encode()).digest


def test_a_condition_compares_as_text() -> None:
    mapping = parse_mapping((WHOLE + "hidden: [{key: weight, is: 0}, {key: draft, is: true}]\n").encode())
    weight, draft = mapping.hidden
    assert weight.holds({"weight": 0})
    assert weight.holds({"weight": "0"})
    assert not weight.holds({})
    assert draft.holds({"draft": True})
    assert not draft.holds({"draft": False})
