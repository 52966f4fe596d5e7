"""The transport application."""

from django.apps import AppConfig


class TransportConfig(AppConfig):
    """Registers newsletters.transport under its fixed label."""

    name = "newsletters.transport"
    label = "transport"
