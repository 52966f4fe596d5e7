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


def _path(tile: Tile) -> str:
    """The shape of a tile as SVG path data; a turn keeps the direction of arcs, so only points are turned."""
    whole, half, reach = TILE, TILE / 2, TILE * 0.36

    def at(x: float, y: float) -> str:
        return _corner(tile, x, y)

    if tile.shape == "quarter":
        return f"M{at(0, 0)}L{at(whole, 0)}A{whole} {whole} 0 0 1 {at(0, whole)}Z"
    if tile.shape == "half":
        return f"M{at(0, 0)}L{at(whole, 0)}A{half:g} {half:g} 0 0 1 {at(0, 0)}Z"
    if tile.shape == "disc":
        left, right = at(half - reach, half), at(half + reach, half)
        return f"M{left}A{reach:g} {reach:g} 0 0 1 {right}A{reach:g} {reach:g} 0 0 1 {left}Z"
    if tile.shape == "wedge":
        return f"M{at(0, 0)}L{at(whole, 0)}L{at(0, whole)}Z"
    if tile.shape == "bars":
        step, width = TILE / 4, TILE / 8
        return "".join(
            f"M{at(i * step, 0)}L{at(i * step + width, 0)}L{at(i * step + width, whole)}L{at(i * step, whole)}Z"
            for i in range(4)
        )
    return ""


def svg(hue: str, number: int) -> str:
    """The cover as an SVG document.

    All squares of a colour are one path, and so are all shapes; each path has a stroke in its own colour of 1.5
    device pixels at any zoom, so that neighbours overlap and no hairline of another colour shows between them.
    """
    colours = palette(hue)
    squares: dict[int, list[str]] = {}
    shapes: dict[int, list[str]] = {}
    for tile in tiles(hue, number):
        if tile.back != _PAPER:
            squares.setdefault(tile.back, []).append(f"M{tile.column * TILE} {tile.row * TILE}h{TILE}v{TILE}h-{TILE}z")
        if tile.fill != tile.back and (path := _path(tile)):
            shapes.setdefault(tile.fill, []).append(path)
    parts = [f'<path fill="{colours[_PAPER]}" d="M0 0h{COLUMNS * TILE}v{ROWS * TILE}h-{COLUMNS * TILE}z"/>']
    parts += [
        f'<path fill="{colours[index]}" stroke="{colours[index]}" stroke-width="1.5" '
        f'vector-effect="non-scaling-stroke" d="{"".join(paths)}"/>'
        for layer in (squares, shapes)
        for index, paths in sorted(layer.items())
    ]
    size = f'width="{COLUMNS * TILE}" height="{ROWS * TILE}" viewBox="0 0 {COLUMNS * TILE} {ROWS * TILE}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} preserveAspectRatio="xMidYMid slice">{"".join(parts)}</svg>'
    )


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
