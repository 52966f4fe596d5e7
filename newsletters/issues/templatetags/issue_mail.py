"""The identity's colours in the templates of mail blocks, by name, with and without the frame around them."""

from __future__ import annotations

from django import template

from newsletters.issues.identity import COLOURS

register = template.Library()


@register.simple_tag
def colour(token: str) -> str:
    """The light value of one of the identity's colours, for example `{% colour "accent" %}`."""
    return COLOURS[token].light
