"""The blocks application."""

from django.apps import AppConfig


class BlocksConfig(AppConfig):
    """Registers content.blocks under its fixed label."""

    name = "content.blocks"
    label = "blocks"
