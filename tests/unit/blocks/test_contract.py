"""The contract of the block library: what every block must be, walked block by block."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from wagtail.blocks import BoundBlock
from wagtail.rich_text import RichText

from content.blocks.library import BodyStreamBlock
from content.blocks.rendering import Destination, render_block
from newsletters.mjml.compiling import compile_mjml

LIBRARY = BodyStreamBlock().child_blocks
TEMPLATES = Path(settings.TEMPLATES[0]["DIRS"][0]) / "blocks"
HOSTILE = """A "b" 'c' <script>alert(1)</script> & <b> {{ x }}"""
TAG = re.compile(r"</?[a-z][a-z0-9-]*(\s[^>]*)?/?>", re.IGNORECASE)
ENTITY = re.compile(r"&(#\d+|#x[0-9a-f]+|[a-z]{2,8});", re.IGNORECASE)

every_block = pytest.mark.parametrize("name", LIBRARY)
every_destination = pytest.mark.parametrize("destination", list(Destination))


def preview(name: str) -> BoundBlock:
    block = LIBRARY[name]
    return BoundBlock(block, copy.deepcopy(block.get_preview_value()))


def hostile(value: Any) -> Any:  # noqa: PLR0911 (one return a kind of value)
    """The same value with a nasty text wherever a text was typed."""
    if isinstance(value, RichText):
        return RichText(f"<p>{HOSTILE.replace('<b>', '&lt;b&gt;')}</p>")
    if isinstance(value, str):
        return value if re.match(r"https?://", value) or value in {"tip", "both"} else HOSTILE
    if isinstance(value, dict) and type(value) is not dict:
        for key in list(value):
            value[key] = hostile(value[key])
        return value
    if isinstance(value, dict):
        return {key: hostile(item) for key, item in value.items()}
    if hasattr(value, "bound_blocks"):
        for bound in value.bound_blocks:
            bound.value = hostile(bound.value)
        return value
    if isinstance(value, list):
        return [hostile(item) for item in value]
    return value


def as_mail(name: str, bound: BoundBlock) -> str:
    body = render_block(bound, Destination.MAIL)
    return compile_mjml(f"<mjml><mj-body>{body}</mj-body></mjml>").html


def test_the_library_holds_the_fifteen_blocks_of_the_architecture() -> None:
    assert sorted(LIBRARY) == sorted(
        [
            "heading",
            "text",
            "key_points",
            "challenges",
            "quote",
            "image",
            "callout",
            "accordion",
            "table",
            "code",
            "embed",
            "download",
            "button",
            "further_reading",
            "references",
        ]
    )


@every_block
def test_a_block_has_exactly_three_templates(name: str) -> None:
    folder = TEMPLATES / LIBRARY[name].folder
    assert sorted(path.name for path in folder.iterdir()) == ["mail.mjml", "text.txt", "web.html"]


@every_block
def test_a_block_tells_editors_what_it_is(name: str) -> None:
    meta = LIBRARY[name].meta
    assert meta.description
    assert meta.description.endswith(".")
    assert meta.icon != "placeholder"
    assert meta.group
    assert meta.preview_value
    assert LIBRARY[name].is_previewable


@every_block
@every_destination
def test_a_preview_renders(name: str, destination: Destination) -> None:
    rendered = render_block(preview(name), destination)
    assert rendered.strip()
    assert "None" not in rendered


@every_block
def test_a_mail_compiles_strictly(name: str) -> None:
    html = as_mail(name, preview(name))
    assert "<table" in html


@every_block
def test_a_mail_block_is_whole_sections(name: str) -> None:
    source = render_block(preview(name), Destination.MAIL)
    assert not re.sub(r"<mj-section\b.*?</mj-section>", "", source, flags=re.DOTALL).strip()


@every_block
def test_a_mail_block_has_only_six_digit_colours_and_absolute_addresses(name: str) -> None:
    source = render_block(preview(name), Destination.MAIL)
    assert not re.findall(r"(?:color|background|border)[^=:]*[=:]\s*\"?[^;\"]*#[0-9a-f]{3}\b(?![0-9a-f])", source)
    for address in re.findall(r'(?:href|src)="([^"]*)"', source):
        assert re.match(r"https?://|mailto:", address), address


@every_block
def test_hostile_words_stay_words_on_the_web(name: str) -> None:
    html = render_block(BoundBlock(LIBRARY[name], hostile(preview(name).value)), Destination.WEB)
    assert "<script" not in html


@every_block
def test_hostile_words_stay_words_in_a_mail(name: str) -> None:
    html = as_mail(name, BoundBlock(LIBRARY[name], hostile(preview(name).value)))
    assert "<script>alert" not in html


@every_block
def test_the_text_part_is_text(name: str) -> None:
    text = render_block(preview(name), Destination.TEXT)
    assert not TAG.findall(text)
    assert not ENTITY.findall(text)
    assert all(len(line) <= 200 for line in text.splitlines())


@every_block
def test_the_text_part_escapes_nothing(name: str) -> None:
    text = render_block(BoundBlock(LIBRARY[name], hostile(preview(name).value)), Destination.TEXT)
    assert "&quot;" not in text
    assert "&amp;" not in text
    assert "&#x27;" not in text


@every_block
def test_the_web_has_no_inline_style_or_script(name: str) -> None:
    html = render_block(preview(name), Destination.WEB)
    assert not re.search(r"\sstyle=|<script|\son[a-z]+=", html)
