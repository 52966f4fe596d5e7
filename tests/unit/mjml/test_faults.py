"""Bad MJML is refused with line, column and what to do; nothing is dropped in silence."""

from __future__ import annotations

import pytest

from newsletters.mjml import MjmlError, compile_mjml
from newsletters.mjml.reading import MAX_DEPTH, MAX_LENGTH
from newsletters.mjml.table import TAGS


def mail(body: str, head: str = "") -> str:
    return f"<mjml>\n<mj-head>{head}</mj-head>\n<mj-body>\n{body}\n</mj-body>\n</mjml>"


def column(content: str) -> str:
    return mail(f"<mj-section><mj-column>\n{content}\n</mj-column></mj-section>")


def faults(source: str) -> list[str]:
    with pytest.raises(MjmlError) as caught:
        compile_mjml(source)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", "line 1, column 1: the source has to start with <mjml>"),
        ("hello", "line 1, column 1: text outside <mjml>; put it into a tag such as <mj-text>"),
        ("<div></div>", "line 1, column 1: the source has to start with <mjml>"),
        ("<mjml></mjml>", "line 1, column 1: there is no <mj-body>; write one into <mjml>"),
        ("<mjml><mj-body></mj-body></mjml><mjml></mjml>", "line 1, column 33: <mjml> after </mjml>; one mail is one"),
        (
            "<mjml><mj-body></mj-body><mj-body></mj-body></mjml>",
            "line 1, column 26: a second <mj-body>; put its content into the first",
        ),
        (
            mail("<mj-sectoin></mj-sectoin>"),
            "line 4, column 1: there is no tag <mj-sectoin>; did you mean <mj-section>?",
        ),
        (
            mail("<div>x</div>"),
            "line 4, column 1: there is no tag <div> in MJML; HTML belongs into <mj-text> or <mj-raw>",
        ),
        (
            mail("<mj-text>x</mj-text>"),
            "line 4, column 1: <mj-text> cannot stand in <mj-body>; move it into <mj-column> or <mj-hero>",
        ),
        (
            column("<mj-section></mj-section>"),
            "line 5, column 1: <mj-section> cannot stand in <mj-column>; move it into <mj-body> or <mj-wrapper>",
        ),
        (mail("words"), "line 3, column 10: text in <mj-body>; put it into a tag such as <mj-text>"),
        (
            column('<mj-text colour="#112233">x</mj-text>'),
            "line 5, column 10: <mj-text> has no attribute colour; did you mean color?",
        ),
        (column('<mj-text zzzz="1">x</mj-text>'), "line 5, column 10: <mj-text> has no attribute zzzz; delete it"),
        (column("<mj-text color>x</mj-text>"), 'color of <mj-text> has no value; write color="…"'),
        (
            column('<mj-text padding="10">x</mj-text>'),
            "padding of <mj-text> has to be one to four lengths such as 12px or 50%, not “10”",
        ),
        (column('<mj-text color="#12345">x</mj-text>'), "color of <mj-text> has to be a colour such as #1a2b3c"),
        (column('<mj-text align="middle">x</mj-text>'), "align of <mj-text> has to be left, center, right or justify"),
        (column('<mj-table cellpadding="many"></mj-table>'), "cellpadding of <mj-table> has to be a whole number"),
        (column('<mj-image src="a.png" />'), 'needs the attribute alt; write alt="" when the picture says nothing'),
        (column("<mj-button>Go</mj-button>"), "<mj-button> needs the attribute href"),
        (column('<mj-image src="a" alt="">x</mj-image>'), "<mj-image> has to be empty; delete what is in it"),
        (column('<mj-text color="#112233" color="#223344">x</mj-text>'), "has the attribute color twice; delete one"),
        (column("<mj-text>a<p>b</mj-text>"), "line 5, column 11: <p> is not closed; write </p> before </mj-text>"),
        (column("<mj-text>a < b</mj-text>"), "line 5, column 12: a “<” that starts no tag; write &lt;"),
        (column("<mj-text>a</b></mj-text>"), "line 5, column 11: </b> closes nothing; delete it"),
        (column("<mj-text>a<br></br></mj-text>"), "<br> has no end tag; delete </br>"),
        (column('<mj-text><a href="x>y</a></mj-text>'), "<a> has a broken attribute, or no “>”; check its quotation"),
        (column("<mj-text><script>x</script></mj-text>"), "mail programs remove <script>; delete it"),
        (
            column("<mj-text><mj-button>x</mj-button></mj-text>"),
            "<mj-button> cannot stand in <mj-text>, which takes HTML",
        ),
        (column("<mj-text><![CDATA[x]]></mj-text>"), "neither a document type, CDATA nor"),
        (column("<mj-text><!-- x</mj-text>"), "a comment without end; write -->"),
        (mail('<mj-include path="a" />'), "<mj-include> is not taken here; put its content here"),
        (
            mail("", "<mj-html-attributes></mj-html-attributes>"),
            "<mj-html-attributes> is not taken here; the engine cannot",
        ),
        (
            mail("", '<mj-font name="A" href="https://example.org/a.css" />'),
            "<mj-font> is not taken here; it loads a web font",
        ),
        (mail("", "<mj-title>a <b>b</b></mj-title>"), "<mj-title> takes text without tags; delete <b>"),
        (mail("", "<mj-style>@import url(x.css);</mj-style>"), "CSS that loads something from elsewhere"),
        (
            mail("", "<mj-style>a { background: url('//example.org/a') }</mj-style>"),
            "CSS that loads something from elsewhere",
        ),
        (mail("", "<mj-style>a < b</mj-style>"), "a “<” in <mj-style>; CSS has none"),
        (
            mail("", "<mj-attributes><mj-class color='#111111' /></mj-attributes>"),
            "<mj-class> needs the attribute name",
        ),
        (
            mail("", '<mj-attributes><mj-class name="a"><mj-text color="#111111" /></mj-class></mj-attributes>'),
            "<mj-class> in <mj-attributes> has to be empty; only attributes count here",
        ),
        (
            mail("", '<mj-attributes><mj-txt color="#111111" /></mj-attributes>'),
            "there is no tag <mj-txt>; did you mean",
        ),
        (mail("", '<mj-attributes><mj-text src="a" /></mj-attributes>'), "<mj-text> has no attribute src"),
        ("<mjml><mj-body>\x00</mj-body></mjml>", "line 1, column 16: the character U+0000 cannot stand in a mail"),
    ],
)
def test_a_fault_is_named_with_its_place_and_what_to_do(source: str, expected: str) -> None:
    assert any(expected in fault for fault in faults(source)), faults(source)


def test_all_faults_are_named_at_once_in_the_order_of_the_source() -> None:
    found = faults(
        column('<mj-text padding="10" colour="#112233">a < b<p>c</mj-text>\n<mj-buton href="x">y</mj-buton>')
    )
    assert len(found) == 5
    assert [fault.split(":")[0] for fault in found] == [
        "line 5, column 10",
        "line 5, column 23",
        "line 5, column 42",
        "line 5, column 45",
        "line 6, column 1",
    ]


def test_nesting_is_limited_before_the_engine_dies_of_it() -> None:
    deep = "<b>" * 5000 + "x" + "</b>" * 5000
    assert any(f"more than {MAX_DEPTH} levels" in fault for fault in faults(column(f"<mj-text>{deep}</mj-text>")))


def test_a_source_that_never_ends_is_refused() -> None:
    assert "characters of source" in faults("<mjml>" + " " * MAX_LENGTH)[0]


def test_every_parent_in_the_table_is_a_tag_that_takes_children() -> None:
    for tag in TAGS.values():
        for parent in tag.parents:
            assert TAGS[parent].content.name == "CHILDREN", (tag.name, parent)
        assert set(tag.required) <= set(tag.attributes), tag.name
