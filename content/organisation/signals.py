"""Forgets the remembered frame when a page that a menu may point at changes its address or appears or goes."""

from __future__ import annotations

from typing import Any

from wagtail.signals import page_published, page_slug_changed, page_unpublished, post_page_move

from content.organisation.memory import forget
from content.organisation.models import FRAME_KEY


def forget_frame(**kwargs: Any) -> None:
    """Let the frame be read again."""
    del kwargs
    forget(FRAME_KEY)


def connect() -> None:
    """Listen; called once while Django starts."""
    for signal in (page_published, page_unpublished, page_slug_changed, post_page_move):
        signal.connect(forget_frame, dispatch_uid="organisation.forget_frame")
