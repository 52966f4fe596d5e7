"""The community application."""

from django.apps import AppConfig


class CommunityConfig(AppConfig):
    """Registers content.community under its fixed label."""

    name = "content.community"
    label = "community"
