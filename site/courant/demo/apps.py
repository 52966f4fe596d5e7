"""The demo application."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Registers courant.demo under its fixed label."""

    name = "courant.demo"
    label = "demo"
