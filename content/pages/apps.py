"""The pages application."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """Registers content.pages under its fixed label, and what search may find."""

    name = "content.pages"
    label = "pages"

    def ready(self) -> None:
        """Fill the registry of document sources: all models are known by now; forget the site when it changes."""
        from content.pages import signals  # noqa: PLC0415 (models load after apps)
        from content.pages.sources import register_document_sources  # noqa: PLC0415 (models load after apps)

        register_document_sources()
        signals.connect()
