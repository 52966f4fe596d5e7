"""The transport application."""

from django.apps import AppConfig


class TransportConfig(AppConfig):
    """Registers newsletters.transport under its fixed label."""

    name = "newsletters.transport"
    label = "transport"

    def ready(self) -> None:
        """Register the system checks."""
        from newsletters.transport import checks  # noqa: F401, PLC0415 (settings load after apps)
