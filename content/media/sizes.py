"""The sizes an image is shown in: fixed, made when the image is saved, so that a page view never writes."""

from __future__ import annotations

from enum import StrEnum


class Size(StrEnum):
    """A use of an image; the value is Wagtail's filter for it.

    Web sizes are WebP at about twice the pixels they fill; mail and social sizes are JPEG on white, because mail
    clients and link previews do not all show WebP or transparency.
    """

    CARD = "fill-640x360|format-webp|webpquality-78"
    LEAD = "fill-1200x900|format-webp|webpquality-78"
    BODY = "width-1320|format-webp|webpquality-80"
    BODY_SMALL = "width-660|format-webp|webpquality-80"
    PORTRAIT = "fill-320x320|format-webp|webpquality-80"
    MAIL = "width-1120|bgcolor-ffffff|format-jpeg|jpegquality-80"
    MAIL_CARD = "fill-1120x560|bgcolor-ffffff|format-jpeg|jpegquality-80"
    SOCIAL = "fill-1200x630|bgcolor-ffffff|format-jpeg|jpegquality-80"
