from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.importing.findings import Finding, What
from content.importing.shortcodes import Shortcode, Words, parse_shortcodes, written


def only(text: str) -> Shortcode:
    (node,) = parse_shortcodes(text)
    assert isinstance(node, Shortcode)
    return node


def test_values_are_named_positional_quoted_or_bare() -> None:
    code = only('{{< figure picture.png class=wide alt="a \\"quoted\\" word" raw=`back\\slash` >}}')
    assert code.positional == ["picture.png"]
    assert code.named == {"class": "wide", "alt": 'a "quoted" word', "raw": "back\\slash"}


def test_a_value_may_hold_what_looks_like_another_value() -> None:
    assert only('{{< link "https://example.org/?a=1&b=2" >}}').value(0) == "https://example.org/?a=1&b=2"
    assert only("{{< link https://example.org/?a=1&b=2 >}}").value(0) == "https://example.org/?a=1&b=2"


def test_a_pair_holds_what_stands_between() -> None:
    code = only("{{< note >}}Read {{< b >}}this{{< /b >}}.{{< /note >}}")
    assert code.children is not None
    assert [type(child) for child in code.children] == [Words, Shortcode, Words]


def test_a_shortcode_without_its_closing_tag_stands_alone() -> None:
    outer = only("{{< box >}}{{< image one >}}text{{< image two >}}{{< /box >}}")
    assert [getattr(child, "children", "words") for child in outer.children or []] == [None, "words", None]


def test_the_same_shortcode_nests_in_itself() -> None:
    outer = only("{{< list >}}a{{< list >}}b{{< /list >}}c{{< /list >}}")
    inner = (outer.children or [])[1]
    assert isinstance(inner, Shortcode)
    assert written(inner.children or []) == "b"


@pytest.mark.parametrize("text", ["{{< note />}}", "{{<note/>}}", "{{% note /%}}", "{{%note%}}"])
def test_tags_are_read_with_and_without_spaces_and_slash(text: str) -> None:
    assert only(text).name == "note"


def test_a_commented_shortcode_is_an_example_and_stays_text() -> None:
    assert parse_shortcodes('{{</* ref "page" */>}}') == [Words('{{< ref "page" >}}', 1)]


def test_lines_are_counted_from_the_first_line_of_the_body() -> None:
    nodes = parse_shortcodes("one\ntwo {{< a >}}\n\n{{< b\n  x=1 >}}\n{{< c >}}", first_line=10)
    assert [(node.name, node.line) for node in nodes if isinstance(node, Shortcode)] == [
        ("a", 11),
        ("b", 13),
        ("c", 15),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [("{{< /end >}}", "closes nothing"), ("text {{< ", "no name or no end"), ('{{< a b="c >}} d', "never closed")],
)
def test_what_is_not_well_formed_is_told_and_kept(text: str, words: str) -> None:
    findings: list[Finding] = []
    nodes = parse_shortcodes(text, findings=findings)
    assert written(nodes) == text
    assert [(finding.what, words in finding.message) for finding in findings] == [(What.SHORTCODE_BROKEN, True)]


def test_an_unclosed_quotation_mark_does_not_swallow_the_rest() -> None:
    nodes = parse_shortcodes('{{< image alt="open >}} text "quoted" {{< other >}}')
    assert [node.name for node in nodes if isinstance(node, Shortcode)] == ["image", "other"]


pieces = st.sampled_from(
    [
        "{{< ",
        "{{% ",
        " >}}",
        " %}}",
        "/>}}",
        "{{< /a >}}",
        "{{< a >}}",
        '"',
        "`",
        "a",
        "b=",
        "=",
        "\\",
        " ",
        "\n",
        "{{",
        "ä",
    ]
)


@given(st.lists(pieces, max_size=25).map("".join))
def test_nothing_of_any_text_is_lost(text: str) -> None:
    assert written(parse_shortcodes(text)) == text


values = st.text(st.characters(exclude_categories=["Cs"], exclude_characters='"\\<>{}%'), max_size=12)
names = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)


@given(names, st.dictionaries(names, values, max_size=4), st.lists(values.filter(str.strip), max_size=3))
def test_every_value_that_is_written_is_read(name: str, named: dict[str, str], positional: list[str]) -> None:
    given_values = "".join(f' "{value}"' for value in positional) + "".join(f' {key}="{named[key]}"' for key in named)
    code = only(f"{{{{< {name}{given_values} >}}}}")
    assert (code.name, code.named, code.positional) == (name, named, positional)


@st.composite
def trees(draw: st.DrawFn, depth: int = 3) -> str:
    name = draw(names)
    inside = "".join(draw(st.lists(st.one_of(st.just("text "), trees(depth - 1)), max_size=3))) if depth else ""
    return f"{{{{< {name} >}}}}{inside}{{{{< /{name} >}}}}"


def depth_of(nodes: list[Shortcode | Words]) -> int:
    return max((1 + depth_of(node.children or []) for node in nodes if isinstance(node, Shortcode)), default=0)


@given(trees())
def test_properly_nested_shortcodes_are_all_pairs(text: str) -> None:
    def all_pairs(nodes: list[Shortcode | Words]) -> bool:
        return all(isinstance(n, Words) or (n.children is not None and all_pairs(n.children)) for n in nodes)

    assert all_pairs(parse_shortcodes(text))
