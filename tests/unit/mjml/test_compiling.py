"""What compiles comes out as it was meant, whatever the engine would make of it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from newsletters.mjml import compile_mjml

ROOT = Path(__file__).resolve().parents[3]


def html_of(content: str, head: str = "") -> str:
    return compile_mjml(
        f'<mjml lang="en-GB"><mj-head>{head}</mj-head><mj-body><mj-section><mj-column>{content}</mj-column>'
        "</mj-section></mj-body></mjml>"
    ).html


def test_words_and_entities_come_out_unchanged() -> None:
    soup = BeautifulSoup(html_of("<mj-text><p>Tea &amp; toast &lt;3&nbsp;é 🎉</p></mj-text>"), "html.parser")
    assert soup.find("p").get_text() == "Tea & toast <3\xa0é 🎉"
    assert soup.html["lang"] == "en-GB"


def test_quotation_marks_in_single_quoted_attributes_are_escaped() -> None:
    soup = BeautifulSoup(html_of("""<mj-image src="a.png" alt='a "b" c' />"""), "html.parser")
    assert soup.find("img")["alt"] == 'a "b" c'


@pytest.mark.parametrize("written", ["'x&amp;y'", "x&amp;y", '"x&amp;y"'])
def test_html_attributes_may_be_quoted_in_any_way(written: str) -> None:
    soup = BeautifulSoup(html_of(f"<mj-text><a href={written}>go</a></mj-text>"), "html.parser")
    assert soup.find("a")["href"] == "x&y"


def test_void_elements_capitals_and_attributes_without_value_are_understood() -> None:
    soup = BeautifulSoup(html_of("<mj-table><TR><td nowrap>a<BR>b<br/>c</td></TR></mj-table>"), "html.parser")
    cell = soup.find("td", attrs={"nowrap": True})
    assert len(cell.find_all("br")) == 2


def test_three_digit_colours_become_six() -> None:
    html = html_of('<mj-button href="x" background-color="#abc" border="1px solid #f00">go</mj-button>')
    assert 'bgcolor="#aabbcc"' in html
    assert "#ff0000" in html
    assert not re.search(r"#[0-9a-f]{3}\b", html)


def test_inline_style_is_inlined_and_the_rest_stays_in_the_head() -> None:
    html = html_of(
        '<mj-text><p class="small">x</p></mj-text>',
        '<mj-style inline="inline">p.small { font-size: 13px; }</mj-style>'
        "<mj-style>@media (prefers-color-scheme: dark) { p { color: #fff } }</mj-style>",
    )
    soup = BeautifulSoup(html, "html.parser")
    assert "font-size: 13px" in soup.find("p", class_="small")["style"]
    assert "prefers-color-scheme" in html
    assert "p.small {" not in html
    assert "data-css-inline" not in html


def test_nothing_is_loaded_from_a_third_party() -> None:
    html = html_of("<mj-text>x</mj-text><mj-button href='https://example.org'>y</mj-button>")
    assert "<link" not in html
    assert "@import" not in html
    assert "fonts.g" not in html


def test_comments_between_tags_do_not_reach_readers_and_those_in_raw_do() -> None:
    html = html_of("<!-- who wrote this --><mj-raw><!-- mark --></mj-raw><mj-text>x</mj-text>")
    assert "who wrote this" not in html
    assert "<!-- mark -->" in html


def test_defaults_and_classes_apply() -> None:
    html = html_of(
        '<mj-text>a</mj-text><mj-text mj-class="loud">b</mj-text>',
        '<mj-attributes><mj-all font-family="Georgia" /><mj-text color="#112233" />'
        '<mj-class name="loud" color="#445566" /></mj-attributes>',
    )
    assert "color:#112233" in html
    assert "color:#445566" in html
    assert "Georgia" in html


def test_only_one_module_imports_the_engine() -> None:
    importers = []
    for folder in ("content", "newsletters", "search", "site"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.level == 0:
                    names = [node.module or ""]
                if any(name.split(".")[0] == "mjml" for name in names):
                    importers.append(path.relative_to(ROOT).as_posix())
    assert importers == ["newsletters/mjml/compiling.py"]
