"""The audience application."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AudienceConfig(AppConfig):
    """Registers newsletters.audience under its fixed label."""

    name = "newsletters.audience"
    label = "audience"

    def ready(self) -> None:
        """Keep the record of permission append-only in the database too; declare the personal data."""
        from newsletters.audience import checks  # noqa: F401, PLC0415 (registers the checks)
        from newsletters.audience.append_only import install_triggers  # noqa: PLC0415 (apps load first)
        from newsletters.audience.declarations import declare  # noqa: PLC0415 (apps load first)

        post_migrate.connect(install_triggers, sender=self, dispatch_uid="audience.append_only")
        declare()
