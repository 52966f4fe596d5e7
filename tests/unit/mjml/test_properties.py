"""Random trees: valid ones compile and lose nothing; damaged ones are refused; sections can be cut out."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletters.mjml import MjmlError, compile_mjml
from newsletters.mjml.table import TAGS, Content, Tag

WORDS = st.text(st.sampled_from("abcXYZ 0123äé&<>\"'\u2013🎉"), max_size=20)
VALUES = {
    "colour": st.from_regex(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", fullmatch=True),
    "length": st.integers(0, 60).map(lambda number: f"{number}px"),
    "lengths": st.lists(st.integers(0, 40), min_size=1, max_size=4).map(lambda ns: " ".join(f"{n}px" for n in ns)),
    "number": st.integers(0, 9).map(str),
    "text": st.text(st.sampled_from("abc 12&\"'"), max_size=12),
}
# The engine takes the width of what holds others for its arithmetic, and an icon's or border's style for CSS.
HARMLESS = {"color", "background-color", "align", "padding", "css-class", "title", "alt", "vertical-align", "font-size"}
LEAVES = ("mj-text", "mj-button", "mj-image", "mj-divider", "mj-spacer", "mj-table", "mj-raw")


@st.composite
def attributes(draw: st.DrawFn, tag: Tag) -> str:
    names = draw(st.sets(st.sampled_from(sorted(HARMLESS & set(tag.attributes)) or [""]), max_size=3)) - {""}
    written = []
    for name in sorted(names | set(tag.required)):
        kind = tag.attributes[name]
        value = draw(st.sampled_from(kind) if isinstance(kind, tuple) else VALUES[kind])
        quote = draw(st.sampled_from("\"'"))
        value = html.escape(value, quote=False).replace(quote, "&quot;" if quote == '"' else "&#x27;")
        written.append(f" {name}={quote}{value}{quote}")
    return "".join(written)


@st.composite
def html_content(draw: st.DrawFn, depth: int = 0) -> str:
    pieces = []
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(["text", "void", "element"]))
        if kind == "text":
            pieces.append(html.escape(draw(WORDS)))
        elif kind == "void":
            pieces.append(draw(st.sampled_from(["<br>", "<br/>", "<hr />"])))
        elif depth < 3:
            name = draw(st.sampled_from(["b", "p", "a", "span"]))
            pieces.append(f"<{name}>{draw(html_content(depth=depth + 1))}</{name}>")
    return "".join(pieces)


@st.composite
def leaf(draw: st.DrawFn) -> str:
    tag = TAGS[draw(st.sampled_from(LEAVES))]
    if tag.name == "mj-raw":
        return "<mj-raw><!-- raw --></mj-raw>"
    if tag.name == "mj-table":
        return f"<mj-table{draw(attributes(tag))}><tr><td>{html.escape(draw(WORDS))}</td></tr></mj-table>"
    content = draw(html_content()) if tag.content is Content.HTML else ""
    return f"<{tag.name}{draw(attributes(tag))}>{content}</{tag.name}>"


@st.composite
def section(draw: st.DrawFn) -> str:
    columns = "".join(
        f"<mj-column{draw(attributes(TAGS['mj-column']))}>{''.join(draw(st.lists(leaf(), max_size=3)))}</mj-column>"
        for _ in range(draw(st.integers(1, 3)))
    )
    return f"<mj-section{draw(attributes(TAGS['mj-section']))}>{columns}</mj-section>"


def mail(sections: list[str]) -> str:
    style = '<mj-head><mj-style inline="inline">p { margin: 0 } b { color: #123456 }</mj-style></mj-head>'
    return f"<mjml>{style}<mj-body>{''.join(sections)}</mj-body></mjml>"


@settings(max_examples=150, deadline=None)
@given(st.lists(section(), max_size=4))
def test_every_valid_tree_compiles(sections: list[str]) -> None:
    result = compile_mjml(mail(sections)).html
    assert result.startswith("<!DOCTYPE html>")
    assert result.endswith("</html>")


@settings(max_examples=100, deadline=None)
@given(WORDS)
def test_every_word_survives(words: str) -> None:
    source = mail([f"<mj-section><mj-column><mj-text>WORDS{html.escape(words)}END</mj-text></mj-column></mj-section>"])
    found = re.search(r"WORDS(.*)END</div>", compile_mjml(source).html, re.DOTALL)
    assert found is not None
    assert html.unescape(found[1]) == words


DAMAGES = (
    lambda source: source.replace("<mj-column", "<mj-colum", 1),
    lambda source: source.replace("</mj-column>", "", 1),
    lambda source: source.replace("<mj-section", '<mj-section sizee="1"', 1),
    lambda source: source.replace("<mj-column", '<mj-column width="wide"', 1),
    lambda source: source.replace("</mj-section>", "</mj-section>stray", 1),
    lambda source: source.replace("<mj-section", "<mj-column><mj-section", 1).replace(
        "</mj-section>", "</mj-section></mj-column>", 1
    ),
    lambda source: source.replace("</mj-column>", "<mj-text>a < b</mj-text></mj-column>", 1),
    lambda source: source.replace("</mj-column>", "<mj-text><p>a</mj-text></mj-column>", 1),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(section(), min_size=1, max_size=3), st.sampled_from(DAMAGES))
def test_every_damaged_tree_is_refused_with_a_place(sections: list[str], damage) -> None:
    source = mail(sections)
    damaged = damage(source)
    assert damaged != source
    with pytest.raises(MjmlError) as caught:
        compile_mjml(damaged)
    assert all(fault.line >= 1 and fault.column >= 1 and fault.message for fault in caught.value.faults)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("<>/=\"' mjl-textbodyp!&;#\n"), max_size=60))
def test_rubbish_is_refused_and_never_crashes(rubbish: str) -> None:
    with pytest.raises(MjmlError):
        compile_mjml(f"<mjml><mj-body>{rubbish}.</mj-body></mjml>")


@settings(max_examples=80, deadline=None)
@given(st.lists(section(), min_size=1, max_size=4), st.data())
def test_a_mail_cut_at_a_section_equals_one_compiled_without_it(sections: list[str], data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(sections) - 1))
    marked = list(sections)
    marked[number] = f"<mj-raw><!--start--></mj-raw>{sections[number]}<mj-raw><!--end--></mj-raw>"
    cut = re.sub(r"<!--start-->.*<!--end-->", "", compile_mjml(mail(marked)).html, flags=re.DOTALL)
    without = compile_mjml(mail([*sections[:number], *sections[number + 1 :]])).html
    assert _body(cut) == _body(without)


def _body(source: str) -> str:
    return source[source.index("<body") :]
