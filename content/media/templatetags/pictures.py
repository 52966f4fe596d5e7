"""Pictures for templates, from sizes made at save or drawn: no query, no write."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from django import template
from django.conf import settings
from django.utils.html import format_html

from content.media.covers import PNG_WIDTH, cover_url
from content.media.sizes import Size

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from content.media.models import CourantImage

register = template.Library()

DRAWN_WIDTH, DRAWN_HEIGHT = 640, 320


def _read(card: Any, name: str) -> Any:
    return card.get(name) if isinstance(card, dict) else getattr(card, name, None)


def _number(card: Any) -> int:
    """What a drawn cover is drawn from: the page's id, or something as constant for what has none."""
    found = _read(card, "pk")
    return found if isinstance(found, int) else zlib.crc32(str(_read(card, "url") or _read(card, "title")).encode())


@register.simple_tag
def cover_picture(card: Any, size: str = "CARD", css_class: str = "card__cover", *, eager: bool = False) -> SafeString:
    """The cover of anything card-like: its image (`cover`), its own address (`cover_url`), or a drawing.

    Decorative: the title beside it says what it leads to, so its alternative text is empty (WCAG 2.2, 1.1.1).
    """
    image: CourantImage | None = _read(card, "cover")
    if image is not None:
        wanted = Size[size]
        src, (width, height) = image.size_url(wanted), image.size_dimensions(wanted)
    else:
        src = _read(card, "cover_url") or cover_url(_read(card, "hue") or "", _number(card))
        width, height = DRAWN_WIDTH, DRAWN_HEIGHT
    loading = "eager" if eager else "lazy"
    return format_html(
        '<img class="{}" src="{}" alt="" width="{}" height="{}" loading="{}" decoding="async">',
        css_class, src, width, height, loading,
    )  # fmt: skip


@register.simple_tag
def body_picture(image: CourantImage, alt: str = "") -> SafeString:
    """An image of running text, in the two widths that phones and desks need."""
    large, small = image.size_dimensions(Size.BODY), image.size_dimensions(Size.BODY_SMALL)
    return format_html(
        '<img src="{}" srcset="{} {}w, {} {}w" sizes="(min-width: 48rem) 41rem, 94vw" alt="{}" width="{}" height="{}" '
        'loading="lazy" decoding="async">',
        image.size_url(Size.BODY), image.size_url(Size.BODY_SMALL), small[0], image.size_url(Size.BODY), large[0],
        alt, large[0], large[1],
    )  # fmt: skip


@register.simple_tag
def portrait_picture(image: CourantImage, css_class: str = "portrait") -> SafeString:
    """A portrait beside the name it belongs to; decorative, since the name says who it is."""
    return format_html(
        '<img class="{}" src="{}" alt="" width="160" height="160" loading="lazy" decoding="async">',
        css_class, image.size_url(Size.PORTRAIT),
    )  # fmt: skip


@register.simple_tag
def drawn_portrait(number: int, css_class: str = "portrait") -> SafeString:
    """Stands where a portrait is missing; decorative."""
    return format_html(
        '<img class="{}" src="{}" alt="" width="160" height="160" loading="lazy" decoding="async">',
        css_class, cover_url("", number),
    )  # fmt: skip


@register.simple_tag
def social_image(page: Any) -> str:
    """The absolute address of the picture that link previews show: the page's own, or its drawn cover."""
    image = page.card_picture
    path = image.size_url(Size.SOCIAL) if image is not None else cover_url(page.kind.hue, page.pk or 0, "png")
    return urljoin(f"{settings.SITE_URL}/", path)


@register.simple_tag
def size_url(image: CourantImage, size: str) -> str:
    """The address of one size: `{% size_url image "MAIL" as src %}`."""
    return image.size_url(Size[size])


@register.simple_tag
def drawn_cover_png(hue: str, number: int) -> dict[str, Any]:
    """The drawn cover for mail, with its width in pixels."""
    return {"url": cover_url(hue, number, "png"), "width": PNG_WIDTH}
