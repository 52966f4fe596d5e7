"""Drawn covers."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from content.media.covers import PALETTES, PNG_WIDTH, cover_url, png, svg, tiles

hues = st.sampled_from(sorted(PALETTES))


@given(hues, st.integers(min_value=0, max_value=10**9))
def test_a_cover_is_the_same_every_time(hue: str, number: int) -> None:
    first = svg(hue, number)
    tiles.cache_clear()
    assert svg(hue, number) == first


@given(hues, st.integers(min_value=0, max_value=10**6))
def test_a_cover_is_well_formed_and_has_only_the_hues_colours(hue: str, number: int) -> None:
    text = svg(hue, number)
    assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 (our own)
    assert set(re.findall(r"#[0-9a-f]{6}", text)) <= set(PALETTES[hue])


def test_different_pages_have_different_covers() -> None:
    assert len({svg("guide", number) for number in range(200)}) == 200


def test_every_colour_is_one_path_so_that_neighbours_have_no_seam() -> None:
    for number in range(50):
        text = svg("blog", number)
        fills = re.findall(r'<path fill="(#\w+)"', text)
        assert len(fills) == len(set(fills))


def test_the_png_shows_what_the_svg_shows() -> None:
    """The middle of each tile has one of its two colours, and the corners of a plain tile its own."""
    picture = Image.open(io.BytesIO(png("report", 7))).convert("RGB")
    assert picture.size == (PNG_WIDTH, PNG_WIDTH // 2)
    size = PNG_WIDTH // 8

    def close(pixel: tuple[int, int, int], colour: str) -> bool:
        wanted = tuple(int(colour[n : n + 2], 16) for n in (1, 3, 5))
        return max(abs(a - b) for a, b in zip(pixel, wanted, strict=True)) < 16

    for tile in tiles("report", 7):
        colours = PALETTES["report"]
        middle = picture.getpixel((tile.column * size + size // 2 + 3, tile.row * size + size // 2 + 9))
        assert close(middle, colours[tile.back]) or close(middle, colours[tile.fill])
        if tile.shape == "none":
            assert close(picture.getpixel((tile.column * size + 5, tile.row * size + 5)), colours[tile.back])


@pytest.mark.parametrize(("suffix", "kind"), [("svg", "image/svg+xml"), ("png", "image/png")])
def test_covers_are_kept_by_caches_for_a_year(client, suffix: str, kind: str) -> None:
    answer = client.get(cover_url("guide", 12, suffix))
    assert answer.status_code == 200
    assert answer["Content-Type"] == kind
    assert "max-age=31536000" in answer["Cache-Control"]
    assert "immutable" in answer["Cache-Control"]


@pytest.mark.parametrize("path", ["/covers/guide/x.svg", "/covers/nohue/1.svg", "/covers/guide/1.gif"])
@pytest.mark.django_db
def test_other_covers_do_not_exist(client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_cover_asks_the_database_nothing(client, django_assert_num_queries, db) -> None:
    with django_assert_num_queries(0):
        client.get(cover_url("news", 3))


def test_a_kind_without_a_hue_has_a_cover_too(client) -> None:
    assert client.get(cover_url("", 5)).status_code == 200
