"""Alternative texts of images: which say something, and which are only what the file was called."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from content.blocks.library.media import looks_like_a_file_name

_EXTENSION = re.compile(r"\.(?:jpe?g|png|gif|svg|webp|bmp|tiff?|pdf)\s*$", re.IGNORECASE)
_MACHINE = re.compile(
    r"""
    (?:img|dsc[nf]?|p|image|images|photo|picture|pic|scan|screen[ _-]?shot|untitled|artboard|slide|figure|frame|asset
      |copy|group|layer|final|thumb(?:nail)?|x|px|at|of|copy\ of|v|edit(?:ed)?|small|large|new|old|web)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SIZE = re.compile(r"\b\d{2,4}\s?[-_]?[x\u00d7][-_]?\s?\d{2,4}\b", re.IGNORECASE)
_STOCK = re.compile(
    r"\b(?:i?stock(?:photo)?|thinkstock|getty|images?\ ?plus|shutterstock)\b.*\d{6,}|\d{8,}", re.IGNORECASE
)
_ONE_WORD = re.compile(r"(?=[^ ]*[-_\d.])[^\s]+")
_ESCAPE = re.compile(r"\\(?=[\W_])")
_NUMBER = re.compile(r"\d+")
WORDS_THAT_SAY_SOMETHING = 2


def image_words(alt: str, source: str = "") -> tuple[str, bool]:
    """The words to keep of an alternative text, and whether it was a file's name.

    Of a name made of words ("600-x-400-two-people-at-a-desk.jpg") the words are kept; of one that a camera or a
    drawing program wrote ("IMG_1234", "Artboard 101 copy") nothing is.
    """
    alt = re.sub(r"\s+", " ", _ESCAPE.sub("", alt)).strip()
    if not alt or alt.strip("\"' =").lower() in {"", "width", "height", "alt"}:
        return "", False
    stem = PurePosixPath(source).stem
    is_name = (
        looks_like_a_file_name(alt)
        or bool(_EXTENSION.search(alt) or _SIZE.search(alt) or _STOCK.search(alt) or _ONE_WORD.fullmatch(alt))
        or (alt == stem and not alt.isalpha())
        or not _telling(alt)
    )
    if not is_name:
        return alt, False
    bare = _SIZE.sub(" ", _STOCK.sub(" ", _EXTENSION.sub("", alt)))
    words = re.sub(r"\s+", " ", re.sub(r"[-_]+", " ", bare)).strip(" .,:;-\u2013x")
    return (words, True) if len(_telling(words)) >= WORDS_THAT_SAY_SOMETHING else ("", True)


def _telling(text: str) -> list[str]:
    """The words that a person would use to say what is seen."""
    words = [word for word in re.split(r"[\s_.,()\[\]-]+", text) if word]
    return [word for word in words if not _NUMBER.fullmatch(word) and not _MACHINE.fullmatch(word) and len(word) > 1]
