"""The identity in a mail: the site's colours by name, light and dark, as mail programs can take them (no `var()`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HUES: Final = ("guide", "blog", "newsletter", "news", "report", "event", "vacancy", "community")


@dataclass(frozen=True, slots=True)
class Colour:
    """One token of the identity: what it is on light paper and on dark."""

    light: str
    dark: str


COLOURS: Final[dict[str, Colour]] = {
    "paper": Colour("#faf8f3", "#14171a"),
    "surface": Colour("#ffffff", "#1c2024"),
    "sunk": Colour("#f1ede4", "#0f1113"),
    "ink": Colour("#1a1d21", "#eceae4"),
    "ink_soft": Colour("#4d5359", "#b3b5b5"),
    "rule": Colour("#dcd6c9", "#343a40"),
    "accent": Colour("#a3321a", "#ff9a7b"),
    "accent_ink": Colour("#ffffff", "#14171a"),
    "hue_guide": Colour("#0b6159", "#6fd3c4"),
    "hue_blog": Colour("#7a2e66", "#e6a3d3"),
    "hue_newsletter": Colour("#8a4a00", "#f2b869"),
    "hue_news": Colour("#1c4f8c", "#94bdf2"),
    "hue_report": Colour("#8f2a2a", "#f0a3a0"),
    "hue_event": Colour("#4b3f94", "#bdb3f5"),
    "hue_vacancy": Colour("#3f5d14", "#b3d77c"),
    "hue_community": Colour("#8c2350", "#f29fbe"),
}
"""The same pairs as the site's `tokens.css`, which a test compares."""

SERIF: Final = "'Iowan Old Style', 'Palatino Linotype', Palatino, 'Book Antiqua', Georgia, serif"
SANS: Final = "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', Arial, sans-serif"


def hue_token(hue: str) -> str:
    """The colour token of a kind's hue; the accent's for a kind without one."""
    return f"hue_{hue}" if hue in HUES else "accent"


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two #rrggbb colours (WCAG 2.2, "contrast ratio"), 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    channels = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)  # noqa: PLR2004 (WCAG 2.2)
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
