from __future__ import annotations

import re
from io import BytesIO

import pytest
from PIL import Image

from courant.demo.drawings import DRAWINGS, HEIGHT, WIDTH
from courant.demo.pdf import text_pdf

PARAGRAPHS = ["A heading", "A paragraph (with brackets) of Zoë\u2019s, and a back\\slash."]


@pytest.mark.parametrize("name", sorted(DRAWINGS))
def test_a_drawing_is_a_picture_and_the_same_every_time(name: str) -> None:
    first, second = DRAWINGS[name](), DRAWINGS[name]()
    assert first == second
    with Image.open(BytesIO(first)) as image:
        assert (image.format, image.size) == ("PNG", (WIDTH, HEIGHT))
        assert len(image.convert("RGB").getcolors(maxcolors=1 << 24) or []) > 20


def test_every_offset_of_a_pdf_points_at_its_object() -> None:
    pdf = text_pdf(title="On (not) stopping", subtitle="Below", paragraphs=PARAGRAPHS)
    start = int(pdf.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    assert pdf[start : start + 4] == b"xref"
    rows = pdf[start:].split(b"\n")[3:]
    count = int(pdf[start:].split(b"\n")[1].split()[1])
    for number, row in enumerate(rows[: count - 1], 1):
        offset = int(row[:10])
        assert pdf[offset:].startswith(f"{number} 0 obj\n".encode())


def test_a_pdf_escapes_what_its_strings_end_with() -> None:
    pdf = text_pdf(title="T", subtitle="S", paragraphs=PARAGRAPHS)
    assert rb"A paragraph \(with brackets\) of Zo" + b"\xeb\x92s" in pdf
    assert rb"back\\slash" in pdf


def test_a_long_text_takes_several_pages() -> None:
    assert b"/Count 1 " in text_pdf(title="T", subtitle="S", paragraphs=["Short."])
    long = text_pdf(title="T", subtitle="S", paragraphs=["Words and words. " * 60] * 12)
    [count] = re.findall(rb"/Count (\d+) ", long)
    assert int(count) > 1
    assert long.count(b"/Type /Page /Parent") == int(count)
    assert long.count(b"Words and words.") >= 60 * 12 - int(count) * 60
