"""The mail's colours are the site's, and can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from newsletters.issues.identity import COLOURS, HUES, contrast

TOKENS = Path(__file__).resolve().parents[3] / "site" / "static" / "css" / "tokens.css"


def test_the_mails_colours_are_those_of_the_site() -> None:
    css = TOKENS.read_text(encoding="utf-8")
    pairs = {
        name.replace("-", "_"): (light, dark)
        for name, light, dark in re.findall(r"--([a-z-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)", css)
    }
    assert pairs
    for name, colour in COLOURS.items():
        assert pairs[name] == (colour.light, colour.dark), name


@pytest.mark.parametrize("name", ["ink", "ink_soft", "accent", *(f"hue_{hue}" for hue in HUES)])
@pytest.mark.parametrize("background", ["paper", "surface"])
def test_words_stand_out_in_light_and_dark(name: str, background: str) -> None:
    assert contrast(COLOURS[name].light, COLOURS[background].light) >= 4.5
    assert contrast(COLOURS[name].dark, COLOURS[background].dark) >= 4.5


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
