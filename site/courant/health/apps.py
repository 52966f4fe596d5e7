"""The health application."""

from django.apps import AppConfig


class HealthConfig(AppConfig):
    """Registers courant.health under its fixed label."""

    name = "courant.health"
    label = "health"
