"""The pages application."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """Registers content.pages under its fixed label."""

    name = "content.pages"
    label = "pages"
