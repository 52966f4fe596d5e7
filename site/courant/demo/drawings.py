"""Pictures drawn when the demo is loaded, so that no binary file is kept and the image block has something to show.

Every drawing is the same to the byte each time: no chance, no clock, no font of the machine.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH, HEIGHT = 1280, 720
SCALE = 2  # drawn at twice the size and reduced, for smooth edges
PAPER, INK, MUTED, LINE, ACCENT, SUN = "#fbf8f2", "#22252b", "#5d5c56", "#cfc9bb", "#0b5c57", "#b4532a"
FADED = "#8d8778"  # 3.4:1 against the paper (WCAG 2.2, 1.4.11)
LASTED = 5  # programmes, the first bars
Point = tuple[float, float]


class _Sheet:
    """A drawing surface measured in the final picture's pixels."""

    def __init__(self) -> None:
        self.image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), PAPER)
        self.draw = ImageDraw.Draw(self.image)

    def line(self, *points: Point, colour: str = INK, width: int = 3) -> None:
        self.draw.line([(x * SCALE, y * SCALE) for x, y in points], fill=colour, width=width * SCALE, joint="curve")

    def box(self, edges: tuple[float, float, float, float], *, fill: str, outline: str | None = None) -> None:
        scaled = tuple(n * SCALE for n in edges)
        self.draw.rounded_rectangle(scaled, radius=6 * SCALE, fill=fill, outline=outline, width=3 * SCALE)

    def dot(self, x: float, y: float, radius: float = 8, colour: str = ACCENT) -> None:
        edges = tuple(n * SCALE for n in (x - radius, y - radius, x + radius, y + radius))
        self.draw.ellipse(edges, fill=colour)

    def text(self, at: Point, words: str, *, size: int = 30, colour: str = INK, anchor: str = "la") -> None:
        font = ImageFont.load_default(size * SCALE)
        self.draw.text((at[0] * SCALE, at[1] * SCALE), words, fill=colour, font=font, anchor=anchor)

    def png(self) -> bytes:
        target = BytesIO()
        self.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(target, "PNG", optimize=True)
        return target.getvalue()


def first_chart() -> bytes:
    """Bars: weeks from the start of each of fourteen programmes to the first chart its team saw."""
    weeks = (1, 2, 2, 3, 4, 12, 14, 15, 17, 18, 21, 24, 26, 31)
    sheet = _Sheet()
    left, bottom, step, unit = 110, 610, 80, 15
    for mark in (0, 10, 20, 30):
        y = bottom - mark * unit
        sheet.line((left, y), (1240, y), colour=LINE, width=2)
        sheet.text((left - 18, y), str(mark), size=34, colour=MUTED, anchor="rm")
    for number, week in enumerate(weeks):
        x = left + 24 + number * step
        lasted = number < LASTED
        sheet.box((x, bottom - week * unit, x + 48, bottom), fill=ACCENT if lasted else FADED)
        sheet.text((x + 24, bottom - week * unit - 12), str(week), size=34, colour=INK, anchor="ms")
    sheet.text((40, 20), "Weeks until the team saw its own first chart", size=46)
    sheet.text((left + 24, bottom + 24), "Five lasted", size=38, colour=ACCENT)
    sheet.text((left + 24 + 5 * step, bottom + 24), "Nine faded", size=38, colour=MUTED)
    return sheet.png()


def run_chart() -> bytes:
    """Dots about a middle line, then eight in a row above it."""
    values = (3, 2, 4, 3, 1, 3, 4, 2, 3, 5, 2, 3, 4, 3, 2, 4, 3, 1, 3, 4, 6, 7, 7, 8, 7, 8, 9, 8)
    sheet = _Sheet()
    left, bottom, step, unit, changed = 110, 610, 40, 50, 20
    sheet.line((left, 120), (left, bottom), (1240, bottom), colour=INK)
    for mark in (0, 2, 4, 6, 8, 10):
        sheet.text((left - 18, bottom - mark * unit), str(mark), size=34, colour=MUTED, anchor="rm")
    sheet.line((left, bottom - 3 * unit), (1240, bottom - 3 * unit), colour=SUN, width=2)
    sheet.text((1240, bottom - 3 * unit + 12), "middle line", size=34, colour=SUN, anchor="ra")
    points = [(left + 34 + n * step, bottom - value * unit) for n, value in enumerate(values)]
    sheet.line(*points, colour=LINE, width=3)
    for number, (x, y) in enumerate(points):
        sheet.dot(x, y, colour=ACCENT if number >= changed else INK)
    line_at = left + 34 + changed * step - step / 2
    for y in range(130, bottom, 22):
        sheet.line((line_at, y), (line_at, y + 10), colour=MUTED, width=2)
    sheet.text((line_at - 16, 132), "written by four o'clock", size=36, colour=MUTED, anchor="ra")
    sheet.text((40, 20), "Home with medicines before lunch, of ten", size=46)
    sheet.text((left + 34, bottom + 24), "A dot is one weekday", size=36, colour=MUTED)
    return sheet.png()


def whiteboard() -> bytes:
    """A ward's whiteboard with four columns, and a kitchen timer on the ledge."""
    columns = (
        ("Worried", ("Bed 4, unsteady", "Lift out again", "Mrs K's fluids")),
        ("Help", ("Ana is new: Joe", "Two to theatre", "Phone: Sam")),
        ("Yesterday", ("Scanner: home", "Sign: moved", "Rota: to print")),
        ("Well", ("Night team: thank", "you for the beds", "")),
    )
    sheet = _Sheet()
    sheet.box((60, 60, 1220, 620), fill="#ffffff", outline=MUTED)
    for number, (heading, lines) in enumerate(columns):
        x = 92 + number * 284
        if number:
            sheet.line((x - 18, 92), (x - 18, 590), colour=LINE)
        sheet.text((x, 100), heading, size=46, colour=ACCENT)
        sheet.line((x, 166), (x + 210, 166), colour=ACCENT)
        for row, words in enumerate(lines):
            sheet.text((x, 200 + row * 74), words, size=33, colour=SUN if row == 0 and number == 0 else INK)
    sheet.box((60, 624, 1220, 648), fill=LINE)
    sheet.dot(1120, 584, 44, SUN)
    sheet.dot(1120, 584, 34, PAPER)
    sheet.line((1120, 584), (1120, 558), width=4)
    sheet.line((1120, 584), (1138, 594), width=4)
    for number, colour in enumerate((ACCENT, SUN, INK)):
        sheet.box((140 + number * 90, 610, 210 + number * 90, 626), fill=colour)
    return sheet.png()


DRAWINGS: dict[str, Callable[[], bytes]] = {
    drawing.__name__: drawing for drawing in (first_chart, run_chart, whiteboard)
}
"""Every drawing by the name that `images.yaml` gives."""
