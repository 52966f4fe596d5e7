"""The search application."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """Registers search under its fixed label and listens to what changes documents."""

    name = "search"
    label = "search"

    def ready(self) -> None:
        """Listen to the models of every document source, whether it is registered before or after this."""
        from content.pages.registry import registry  # noqa: PLC0415 (models load after apps)
        from search.outbox import connect_source  # noqa: PLC0415

        registry.listen_to_sources(connect_source)
