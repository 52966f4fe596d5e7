"""What an import has to tell a person: every decision that a reader of the source could miss."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class What(StrEnum):
    """What a finding is about; the value is its heading in the report."""

    NOT_IMPORTED = "Files that became nothing"
    CONFLICT = "Pages edited since the import: the file changed and was not taken over"
    GONE = "Pages or files that are gone since the import"
    ADOPTED = "Already on the site: used as it is"
    BYTES = "Bytes that are not UTF-8"
    FRONT_MATTER = "Front matter that could not be read as it stands"
    DATE = "Dates that could not be read"
    FIELD = "Values that do not fit their field"
    SUMMARY_CUT = "Summaries cut at a word"
    SLUG = "Addresses that had to be changed"
    ORDER = "Chapters without a place in the chapter order"
    HIDDEN = "Imported unpublished: the source hides them"
    EXPIRED = "Imported unpublished: expired in the source"
    FUTURE = "Imported as scheduled: dated in the future"
    AUTHOR = "Authors without a file"
    TOPIC = "Topics without a file"
    SHORTCODE = "Shortcodes not understood: their inner text is kept"
    SHORTCODE_BROKEN = "Shortcodes that are not well formed"
    IMAGE = "Images without a file: the alternative text is kept"
    IMAGE_SILENT = "Images without words: nobody has said what they show"
    ALT_IS_FILE_NAME = "Alternative texts that are file names"
    FILE = "Documents without a file: their label is kept"
    LINK = "Links to pages that are not in the source: the words are kept"
    LINK_OUT = "Links into the old site that lead to no imported page: kept as outside links"
    ANCHOR = "Links to a place in the same page that has no heading: the words are kept"
    HTML = "HTML that has no counterpart: its text is kept"
    HTML_REMOVED = "HTML that was left out"
    LAYOUT = "Blocks moved because the place they stood in holds text only"
    MEDIA = "Image and document files that could not be taken"
    REDIRECT = "Redirects that could not be made"
    KEY = "Front matter keys that the mapping does not name"


class Finding(NamedTuple):
    """One finding: what it is about, the words for it, and the line in the file (0: the file as a whole)."""

    what: What
    message: str
    line: int = 0
