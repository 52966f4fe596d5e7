"""The organisation application."""

from django.apps import AppConfig


class OrganisationConfig(AppConfig):
    """Registers content.organisation under its fixed label."""

    name = "content.organisation"
    label = "organisation"

    def ready(self) -> None:
        """Forget the remembered menus when pages move."""
        from content.organisation import signals  # noqa: PLC0415 (models are not ready before)

        signals.connect()
