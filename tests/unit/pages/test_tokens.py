"""The identity's colours: every pair of text and ground is readable; old browsers get the light ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from content.blocks.templatetags.blocks import MAIL_ACCENT, MAIL_HUES
from content.media.covers import DEFAULT_HUE, PALETTES
from content.pages.kinds import KINDS

CSS = Path(settings.STATICFILES_DIRS[0]) / "css"
TOKENS = (CSS / "tokens.css").read_text(encoding="utf-8")
PLAIN = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", TOKENS))
PAIRS = {name: (light, dark) for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", TOKENS)}
HUES = [name for name in PAIRS if name.startswith("hue-")]
GROUNDS = ("paper", "surface", "sunk")
SCHEMES = {"light": 0, "dark": 1}


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""

    def luminance(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("text", ["ink", "ink-soft", "accent", *HUES])
@pytest.mark.parametrize("ground", GROUNDS)
def test_text_is_readable_on_every_ground(text: str, ground: str, scheme: str) -> None:
    side = SCHEMES[scheme]
    assert contrast(PAIRS[text][side], PAIRS[ground][side]) >= 5.5


@pytest.mark.parametrize("scheme", SCHEMES)
def test_buttons_and_the_footer_are_readable(scheme: str) -> None:
    side = SCHEMES[scheme]
    for text, ground in (
        ("accent-ink", "accent"), ("accent-ink", "accent-deep"), ("deep-ink", "deep"), ("deep-soft", "deep"),
    ):  # fmt: skip
        assert contrast(PAIRS[text][side], PAIRS[ground][side]) >= 5.5, (text, ground)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_edges_of_fields_and_the_focus_ring_can_be_seen(scheme: str) -> None:
    """WCAG 2.2, 1.4.11: 3:1 for what shows where a control is."""
    side = SCHEMES[scheme]
    for name in ("edge", "focus"):
        for ground in GROUNDS:
            assert contrast(PAIRS[name][side], PAIRS[ground][side]) >= 3, (name, ground)


def test_browsers_without_light_dark_get_the_light_values_first() -> None:
    assert TOKENS.index("--paper: #") < TOKENS.index("@supports") < TOKENS.index("light-dark(#")
    for name, (light, _) in PAIRS.items():
        assert PLAIN[name] == light


def test_hues_agree() -> None:
    assert {f"hue-{name}": colour for name, colour in MAIL_HUES.items()} == {name: PAIRS[name][0] for name in HUES}
    assert PAIRS["accent"][0] == MAIL_ACCENT
    assert set(PALETTES) == {name.removeprefix("hue-") for name in HUES} | {DEFAULT_HUE}
    assert {kind.hue for kind in KINDS.values()} - {""} <= set(MAIL_HUES)


def test_nothing_is_loaded_from_elsewhere() -> None:
    for path in CSS.glob("*.css"):
        assert not re.search(r"@import|url\(|@font-face", path.read_text(encoding="utf-8")), path.name
