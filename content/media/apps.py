"""The media application."""

from django.apps import AppConfig


class MediaConfig(AppConfig):
    """Registers content.media under its fixed label."""

    name = "content.media"
    label = "media"
