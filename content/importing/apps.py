"""The importing application."""

from django.apps import AppConfig


class ImportingConfig(AppConfig):
    """Registers content.importing under its fixed label."""

    name = "content.importing"
    label = "importing"
