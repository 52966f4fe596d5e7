from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from content.importing.findings import What
from content.importing.frontmatter import parse_source


def test_front_matter_and_body_are_taken_apart_with_the_bodys_line() -> None:
    source = parse_source(b"---\ntitle: Tea\ndate: 2015-04-24 4:06:49\n---\n\nHot.\n")
    assert source.front == {"title": "Tea", "date": "2015-04-24 4:06:49"}
    assert (source.body, source.first_line) == ("\nHot.\n", 5)


def test_values_stay_as_they_were_written() -> None:
    front = parse_source(
        b"---\nslug: 01234\ntime: 4:06:49\nversion: 1.10\nyes_: yes\ndraft: true\nweight: 0\nempty:\n---\n"
    ).front
    assert front == {
        "slug": "01234", "time": "4:06:49", "version": "1.10", "yes_": "yes", "draft": True, "weight": 0, "empty": None,
    }  # fmt: skip


def test_toml_and_json_are_front_matter_too() -> None:
    assert parse_source(b'+++\ntitle = "Tea"\n+++\nHot.').front == {"title": "Tea"}
    read = parse_source(b'{"title": "Tea"}\nHot.')
    assert (read.front, read.body.strip()) == ({"title": "Tea"}, "Hot.")


def test_a_file_without_front_matter_is_all_body() -> None:
    assert parse_source(b"# Tea\n").front == {}
    assert parse_source(b"{{< note >}}").body == "{{< note >}}"


def test_a_mark_before_the_front_matter_and_windows_line_ends_are_no_obstacle() -> None:
    source = parse_source(b"\xef\xbb\xbf\r\n\r\n---\r\ntitle: Tea\r\n---  \r\nHot.\r\n")
    assert (source.front, source.body, source.first_line) == ({"title": "Tea"}, "Hot.\n", 6)


def test_broken_front_matter_gives_every_key_that_can_be_read() -> None:
    source = parse_source(
        b'---\ntitle: Tea: a history\nsummary: "never closed\nslug: tea\ntopics:\n  - drinks\n  - leaves\n---\nHot.'
    )
    assert source.front["title"] == "Tea: a history"
    assert source.front["slug"] == "tea"
    assert source.front["topics"] == ["drinks", "leaves"]
    assert [finding.what for finding in source.findings] == [What.FRONT_MATTER]
    assert source.body == "Hot."


def test_front_matter_that_never_ends_is_read_up_to_the_first_empty_line() -> None:
    source = parse_source(b"---\ntitle: Tea\n\nHot.")
    assert (source.front, source.body) == ({"title": "Tea"}, "Hot.")
    assert source.findings[0].what is What.FRONT_MATTER


def test_bytes_that_are_not_utf_8_are_read_as_windows_1252_and_told_with_their_line() -> None:
    source = parse_source(b"---\ntitle: Caf\xe9\n---\nna\xefve \xe2\x80\x9cquoted\xe2\x80\x9d")
    assert source.front == {"title": "Café"}
    assert source.body == "naïve “quoted”"
    (finding,) = source.findings
    assert (finding.what, finding.line) == (What.BYTES, 2)
    assert finding.message.startswith("2 ")


def test_bytes_that_no_database_takes_are_left_out_and_told() -> None:
    source = parse_source(b"Hot\x00 tea")
    assert source.body == "Hot tea"
    assert source.findings[0].what is What.BYTES


@given(st.binary(max_size=200))
def test_any_bytes_are_read(data: bytes) -> None:
    source = parse_source(data)
    assert "\x00" not in source.body
    assert source.first_line >= 1
