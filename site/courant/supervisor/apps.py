"""The supervisor application."""

from django.apps import AppConfig


class SupervisorConfig(AppConfig):
    """Registers courant.supervisor, whose commands `run` and `prepare` start one machine."""

    name = "courant.supervisor"
    label = "supervisor"

    def ready(self) -> None:
        """Register the rules of the house."""
        from courant import checks  # noqa: F401, PLC0415 (registers them)
