"""A drawn cover for everything that has no picture: deterministic in kind and number, so web and mail agree.

A grid of quarter circles, halves, discs, wedges and bars in four tints of the kind's hue. The same shapes are written
as SVG for the web and drawn as PNG for mail, whose clients show no SVG. Colours are fixed, alike in light and dark.
"""

from __future__ import annotations

import hashlib
import io
import random
from dataclasses import dataclass
from functools import lru_cache

from django.urls import reverse
from PIL import Image, ImageDraw

COLUMNS, ROWS = 8, 4
TILE = 80
"""Units of the SVG's view box a tile; the cover is 640 by 320 units."""
PNG_WIDTH = 1120
"""Pixels: twice the 560 of a mail's column."""
SUPERSAMPLING = 3
VERSION = 1
"""Part of every cover's address, because covers are cached for a year: raise it when the drawing changes."""

DEFAULT_HUE = "page"
PALETTES: dict[str, tuple[str, str, str, str]] = {
    "guide": ("#e4f0ec", "#9fd0c5", "#2f8f83", "#0b4f49"),
    "blog": ("#f5e6f0", "#dba7cd", "#a1508a", "#5d1f4d"),
    "newsletter": ("#fbeed9", "#f0c37d", "#c97a1e", "#6e3a00"),
    "news": ("#e3edf8", "#a3c3ea", "#3f78bd", "#163f70"),
    "report": ("#f8e5e2", "#e9aaa3", "#bd4c45", "#6f1f1f"),
    "event": ("#eae7f8", "#bcb2ec", "#6e5fc2", "#392f78"),
    "vacancy": ("#edf3df", "#bfd98f", "#6c962b", "#31490e"),
    "community": ("#fae5ec", "#eda6c0", "#c04a7d", "#6d1a3d"),
    DEFAULT_HUE: ("#f4ece4", "#dcc2b0", "#b4573f", "#5c2415"),
}
"""Paper, tint, mid and deep of each hue of the identity."""

_PAPER, _TINT, _MID, _DEEP = range(4)
_PAIRS = (
    (_PAPER, _TINT), (_PAPER, _MID), (_TINT, _DEEP), (_MID, _PAPER),
    (_PAPER, _DEEP), (_DEEP, _TINT), (_PAPER, _PAPER), (_TINT, _PAPER),
)  # fmt: skip
_FAMILIES = (
    ("quarter", "quarter", "disc", "none"),
    ("quarter", "half", "none", "bars"),
    ("wedge", "quarter", "none", "disc"),
    ("quarter", "bars", "disc", "none", "none"),
)


@dataclass(frozen=True, slots=True)
class Tile:
    """One square of a cover: its place, its shape turned by quarter turns, and two colours as palette indices."""

    column: int
    row: int
    shape: str
    turn: int
    back: int
    fill: int


@lru_cache(maxsize=512)
def tiles(hue: str, number: int) -> tuple[Tile, ...]:
    """The cover's tiles, row by row."""
    seed = hashlib.sha256(f"{hue}:{number}".encode()).digest()
    rng = random.Random(seed)  # noqa: S311 (a drawing, not a secret)
    family = rng.choice(_FAMILIES)
    drawn = []
    for row in range(ROWS):
        for column in range(COLUMNS):
            back, fill = rng.choice(_PAIRS)
            drawn.append(Tile(column, row, rng.choice(family), rng.randrange(4), back, fill))
    return tuple(drawn)


def palette(hue: str) -> tuple[str, str, str, str]:
    """The four colours of a hue; the accent's for a hue that has none."""
    return PALETTES.get(hue, PALETTES[DEFAULT_HUE])


def cover_url(hue: str, number: int, suffix: str = "svg") -> str:
    """The path of a drawn cover, as "svg" for the web or "png" for mail."""
    name = hue if hue in PALETTES else DEFAULT_HUE
    return f"{reverse('covers:cover', args=[name, number, suffix])}?v={VERSION}"


def _corner(tile: Tile, x: float, y: float) -> str:
    """A point of the tile's square, turned with it and moved to its place, as SVG coordinates."""
    for _ in range(tile.turn):
        x, y = TILE - y, x
    return f"{tile.column * TILE + x:g} {tile.row * TILE + y:g}"


def _path(tile: Tile, *, inverse: bool) -> str:
    """A tile's shape, or with `inverse` what the shape leaves of the square, as SVG path data.

    A turn keeps the direction of arcs, so only points are turned. The inverse is drawn for itself and not as a
    square with a hole: edges that square and shape share would get a stroke.
    """
    whole, half, reach = TILE, TILE / 2, TILE * 0.36

    def at(x: float, y: float) -> str:
        return _corner(tile, x, y)

    def polygon(*points: tuple[float, float]) -> str:
        return "M" + "L".join(at(x, y) for x, y in points) + "Z"

    def bars(first: float) -> str:
        step, width = TILE / 4, TILE / 8
        starts = (first + number * step for number in range(4))
        return "".join(polygon((x, 0), (x + width, 0), (x + width, whole), (x, whole)) for x in starts)

    square = polygon((0, 0), (whole, 0), (whole, whole), (0, whole))
    left, right = at(half - reach, half), at(half + reach, half)
    disc = f"M{left}A{reach:g} {reach:g} 0 0 1 {right}A{reach:g} {reach:g} 0 0 1 {left}Z"
    quarter_turn = f"A{whole} {whole} 0 0"
    half_turn = f"A{half:g} {half:g} 0 0"
    shapes = {
        "quarter": (
            f"M{at(0, 0)}L{at(whole, 0)}{quarter_turn} 1 {at(0, whole)}Z",
            f"M{at(whole, 0)}L{at(whole, whole)}L{at(0, whole)}{quarter_turn} 0 {at(whole, 0)}Z",
        ),
        "half": (
            f"M{at(0, 0)}L{at(whole, 0)}{half_turn} 1 {at(0, 0)}Z",
            f"M{at(0, 0)}{half_turn} 0 {at(whole, 0)}L{at(whole, whole)}L{at(0, whole)}Z",
        ),
        "disc": (disc, square + disc),
        "wedge": (polygon((0, 0), (whole, 0), (0, whole)), polygon((whole, whole), (whole, 0), (0, whole))),
        "bars": (bars(0), bars(TILE / 8)),
        "none": ("", square),
    }
    return shapes[tile.shape][inverse]


def svg(hue: str, number: int) -> str:
    """The cover as an SVG document.

    From the lightest colour to the darkest, everything of one colour is one path, so neighbours of a colour have no
    seam. Each path has a stroke in its own colour, 1.5 device pixels at any zoom, which the darker ones laid over it
    leave nothing of: so no lighter hairline shows between two tiles.
    """
    colours = palette(hue)
    layers: dict[int, list[str]] = {_TINT: [], _MID: [], _DEEP: []}
    for tile in tiles(hue, number):
        lighter, darker = sorted((tile.back, tile.fill))
        if lighter != _PAPER:
            x, y = tile.column * TILE, tile.row * TILE
            layers[lighter].append(f"M{x} {y}h{TILE}v{TILE}h-{TILE}z")
        if darker != lighter:
            layers[darker].append(_path(tile, inverse=tile.back == darker))
    parts = [f'<path fill="{colours[_PAPER]}" d="M0 0h{COLUMNS * TILE}v{ROWS * TILE}h-{COLUMNS * TILE}z"/>']
    parts += [
        f'<path fill="{colours[index]}" stroke="{colours[index]}" stroke-width="1.5" fill-rule="evenodd" '
        f'vector-effect="non-scaling-stroke" d="{"".join(paths)}"/>'
        for index, paths in layers.items()
        if any(paths)
    ]
    size = f'width="{COLUMNS * TILE}" height="{ROWS * TILE}" viewBox="0 0 {COLUMNS * TILE} {ROWS * TILE}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} preserveAspectRatio="xMidYMid slice">{"".join(parts)}</svg>'


def _draw(draw: ImageDraw.ImageDraw, tile: Tile, size: int, colour: str) -> None:
    """Draw a tile's shape in pixels; the same geometry as `_path`."""
    left, top = tile.column * size, tile.row * size
    box = (left, top, left + size, top + size)

    def at(x: float, y: float) -> tuple[float, float]:
        for _ in range(tile.turn):
            x, y = 1 - y, x
        return left + x * size, top + y * size

    if tile.shape == "quarter":
        x, y = at(0, 0)
        start = tile.turn * 90
        draw.pieslice((x - size, y - size, x + size, y + size), start, start + 90, fill=colour)
    elif tile.shape == "half":
        x, y = at(0.5, 0)
        start = tile.turn * 90
        draw.pieslice((x - size / 2, y - size / 2, x + size / 2, y + size / 2), start, start + 180, fill=colour)
    elif tile.shape == "disc":
        inset = size * (0.5 - 0.36)
        draw.ellipse((box[0] + inset, box[1] + inset, box[2] - inset, box[3] - inset), fill=colour)
    elif tile.shape == "wedge":
        draw.polygon([at(0, 0), at(1, 0), at(0, 1)], fill=colour)
    elif tile.shape == "bars":
        for i in range(4):
            draw.polygon([at(i / 4, 0), at(i / 4 + 1 / 8, 0), at(i / 4 + 1 / 8, 1), at(i / 4, 1)], fill=colour)


@lru_cache(maxsize=32)
def png(hue: str, number: int) -> bytes:
    """The cover as a PNG of 1120 by 560 pixels: drawn three times as large and reduced, so its curves are smooth."""
    colours = palette(hue)
    size = PNG_WIDTH * SUPERSAMPLING // COLUMNS
    image = Image.new("RGB", (size * COLUMNS, size * ROWS), colours[_PAPER])
    draw = ImageDraw.Draw(image)
    for tile in tiles(hue, number):
        left, top = tile.column * size, tile.row * size
        draw.rectangle((left, top, left + size - 1, top + size - 1), fill=colours[tile.back])
    cover_tiles = [tile for tile in tiles(hue, number) if tile.fill != tile.back]
    for tile in cover_tiles:
        square = Image.new("L", (size, size), 0)
        _draw(ImageDraw.Draw(square), Tile(0, 0, tile.shape, tile.turn, 0, 1), size, "#ffffff")
        image.paste(colours[tile.fill], (tile.column * size, tile.row * size), square)
    reduced = image.reduce(SUPERSAMPLING).quantize(64, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    out = io.BytesIO()
    reduced.save(out, "PNG", optimize=True)
    return out.getvalue()
