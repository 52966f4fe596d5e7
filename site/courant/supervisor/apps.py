"""The supervisor application."""

from django.apps import AppConfig


class SupervisorConfig(AppConfig):
    """Registers courant.supervisor, whose commands `run` and `prepare` start one machine."""

    name = "courant.supervisor"
    label = "supervisor"
