"""The audience application."""

from django.apps import AppConfig


class AudienceConfig(AppConfig):
    """Registers newsletters.audience under its fixed label."""

    name = "newsletters.audience"
    label = "audience"
