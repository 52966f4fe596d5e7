"""What previews show where an editor has not chosen anything yet: a drawing for a picture, a made-up file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from content.media.covers import PNG_WIDTH, cover_url

if TYPE_CHECKING:
    from content.media.sizes import Size


@dataclass(frozen=True, slots=True)
class SampleImage:
    """Answers what templates ask of an image."""

    hue: str = "guide"
    number: int = 3
    credit: str = ""
    pk: int | None = None

    def size_url(self, size: Size) -> str:
        """The drawing, alike for every size."""
        del size
        return cover_url(self.hue, self.number, "png")

    def size_dimensions(self, size: Size) -> tuple[int, int]:
        """The drawing's width and height, in pixels."""
        del size
        return PNG_WIDTH, PNG_WIDTH // 2


@dataclass(frozen=True, slots=True)
class SampleDocument:
    """Answers what templates ask of a document."""

    title: str = "The hidden hour"
    url: str = "/documents/1/the-hidden-hour.pdf"
    file_extension: str = "pdf"
    file_size: int = 1_240_000
    pk: int | None = None
