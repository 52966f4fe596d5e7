"""The search application."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """Registers search under its fixed label."""

    name = "search"
    label = "search"
