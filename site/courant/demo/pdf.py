"""A small PDF writer for the demo's downloads: one column of text in Helvetica, as many A4 pages as it takes.

It exists so that no binary file is kept in the repository. It knows the PDF's fourteen standard fonts, WinAnsi text
and nothing else; ISO 32000-1 §7.5 is the file structure it writes.
"""

from __future__ import annotations

import textwrap

PAGE_WIDTH, PAGE_HEIGHT, MARGIN = 595, 842, 72
TITLE_SIZE, SIZE, LEADING = 20, 11, 16
TITLE_COLUMNS, COLUMNS = 42, 84  # characters that fit at these sizes in Helvetica's average width
HEADING_LENGTH = 60  # a paragraph shorter than this, without a full stop, is set as a heading


def text_pdf(*, title: str, subtitle: str, paragraphs: list[str]) -> bytes:
    """Return a PDF that holds these texts, with its title in the document's information."""
    lines: list[tuple[str, int, str, int]] = [
        ("F2", TITLE_SIZE, line, 26) for line in textwrap.wrap(title, TITLE_COLUMNS)
    ]
    lines.append(("F1", SIZE, subtitle, 34))
    for paragraph in paragraphs:
        heading = len(paragraph) < HEADING_LENGTH and not paragraph.endswith((".", ":"))
        wrapped = textwrap.wrap(paragraph, COLUMNS) or [""]
        lines += [("F2" if heading else "F1", SIZE, line, LEADING) for line in wrapped]
        lines.append(("F1", SIZE, "", 4 if heading else 10))
    return _document([_content(page) for page in _pages(lines)], title)


def _pages(lines: list[tuple[str, int, str, int]]) -> list[list[tuple[str, int, str, int]]]:
    pages: list[list[tuple[str, int, str, int]]] = [[]]
    height = 0
    for line in lines:
        if height + line[3] > PAGE_HEIGHT - 2 * MARGIN:
            pages.append([])
            height = 0
        pages[-1].append(line)
        height += line[3]
    return pages


def _content(lines: list[tuple[str, int, str, int]]) -> bytes:
    parts = [f"BT {MARGIN} {PAGE_HEIGHT - MARGIN} Td".encode()]
    for font, size, text, leading in lines:
        parts.append(f"0 -{leading} Td /{font} {size} Tf ".encode() + b"(" + _escaped(text) + b") Tj")
    return b"\n".join([*parts, b"ET"])


def _escaped(text: str) -> bytes:
    encoded = text.encode("cp1252", "replace")
    return encoded.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _document(contents: list[bytes], title: str) -> bytes:
    fonts = [
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>".encode()
        for name in ("Helvetica", "Helvetica-Bold")
    ]
    first_page = 6
    kids = " ".join(f"{first_page + 2 * number} 0 R" for number in range(len(contents)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (en-GB) >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>".encode(),
        *fonts,
        b"<< /Title (" + _escaped(title) + b") /Producer (Courant) >>",
    ]
    for number, content in enumerate(contents):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {PAGE_WIDTH} {PAGE_HEIGHT}] "
            f"/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> /Contents {first_page + 2 * number + 1} 0 R >>".encode()
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream")
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 5 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)
