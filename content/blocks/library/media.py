"""Blocks that show or hand out something other than text."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from wagtail.blocks import BooleanBlock, CharBlock, StructBlock, StructBlockValidationError, URLBlock
from wagtail.contrib.table_block.blocks import TableBlock as WagtailTableBlock

from content.blocks.base import ThreeDestinations
from content.blocks.library.samples import SampleDocument, SampleImage
from content.blocks.library.values import EmbedValue, video_of
from content.blocks.references import DocumentBlock, ImageBlockField

_FILE_NAME = re.compile(
    r"""
      \S.*\.(jpe?g|png|gif|webp|svg|tiff?|bmp|heic|avif|pdf|eps|ai|psd)        # whiteboard-final.JPG
    | (img|dsc[nf]?|pict?|image|photo|screen\s?shot|artboard|untitled|scan)     # IMG_2041, Artboard 101 copy
      [\s_-]*\d[\d\s_.:()-]*((at|copy|final)[\d\s_.:()-]*)*
    | untitled.* | copy\ of\ \S+
    | [\w-]*\d{5,}[\w-]*                                                      # 20210413_101500
    """,
    re.IGNORECASE | re.VERBOSE,
)


def looks_like_a_file_name(text: str) -> bool:
    """Whether an alternative text is the name of a file, which tells a listener nothing (WCAG 2.2, 1.1.1)."""
    return bool(_FILE_NAME.fullmatch(text.strip()))


class ImageBlock(ThreeDestinations, StructBlock):
    """A picture, with what it shows for those who do not see it."""

    folder = "image"
    image = ImageBlockField()
    alt_text = CharBlock(
        required=False, max_length=300, label="Alternative text", help_text="What the picture shows, in a sentence."
    )
    decorative = BooleanBlock(required=False, help_text="The picture adds nothing that the text does not say.")
    caption = CharBlock(required=False, max_length=300)
    credit = CharBlock(required=False, max_length=200, help_text="Left empty, the credit of the image itself is shown.")

    class Meta:
        icon = "image"
        label = "Image"
        description = "A picture with its description, caption and credit."
        preview_value: ClassVar = {
            "image": SampleImage(),
            "alt_text": "A whiteboard with four columns of coloured magnets",
            "decorative": False,
            "caption": "The board, where people stand.",
            "credit": "Drawn by the institute",
        }

    def clean(self, value: Any) -> Any:
        """Ask for a description, or the word that none is needed (WCAG 2.2, 1.1.1)."""
        cleaned = super().clean(value)
        alt_text = (cleaned.get("alt_text") or "").strip()
        error = ""
        if cleaned.get("decorative"):
            if alt_text:
                error = "Decorative pictures have no alternative text: delete it, or untick “decorative”."
        elif not alt_text:
            error = "Say what the picture shows, or tick “decorative”."
        elif looks_like_a_file_name(alt_text):
            error = f"“{alt_text}” looks like a file's name. Say what the picture shows."
        if error:
            raise StructBlockValidationError(block_errors={"alt_text": ValidationError(error)})
        return cleaned


class TableBlock(ThreeDestinations, StructBlock):
    """A table with a caption; it scrolls by itself when it is wider than the screen."""

    folder = "table"
    caption = CharBlock(max_length=200, help_text="What the table says; read out before it.")
    table = WagtailTableBlock(
        table_options={"minSpareRows": 0, "startRows": 4, "startCols": 3, "contextMenu": True, "renderer": "text"}
    )

    class Meta:
        icon = "table"
        label = "Table"
        description = "Rows and columns with a caption."
        preview_value: ClassVar = {
            "caption": "Minutes a morning, before and after",
            "table": {
                "data": [
                    ["Ward", "Before", "After"],
                    ["North", "62", "22"],
                    ["South", "58", "19"],
                    ["West", "71", "< 30"],
                ],
                "first_row_is_table_header": True,
                "first_col_is_header": True,
                "table_header_choice": "both",
                "cell": [],
                "mergeCells": [],
            },
        }


class EmbedBlock(ThreeDestinations, StructBlock):
    """A video that is fetched only when a reader asks for it."""

    folder = "embed"
    url = URLBlock(label="Address", help_text="Of a video on YouTube or Vimeo.")
    title = CharBlock(max_length=200, help_text="What the video shows; the words of its link.")

    class Meta:
        icon = "media"
        label = "Video"
        description = "A YouTube or Vimeo video, loaded when the reader clicks."
        value_class = EmbedValue
        preview_value: ClassVar = {
            "url": "https://vimeo.com/76979871",
            "title": "How the board is used at eight o'clock",
        }

    def clean(self, value: Any) -> Any:
        """Take only addresses of videos that we know how to embed without a third party's tracking."""
        cleaned = super().clean(value)
        if not video_of(cleaned.get("url") or "")[0]:
            raise StructBlockValidationError(
                block_errors={
                    "url": ValidationError(
                        "Only videos on YouTube or Vimeo can be embedded; use a button to link to others."
                    )
                }
            )
        return cleaned


class DownloadBlock(ThreeDestinations, StructBlock):
    """A file, with its type and size."""

    folder = "download"
    document = DocumentBlock()
    title = CharBlock(required=False, max_length=200, help_text="The document's own title when empty.")

    class Meta:
        icon = "download"
        label = "Download"
        description = "A file to take away; type and size are shown."
        preview_value: ClassVar = {"document": SampleDocument(), "title": "The hidden hour, full report"}
