"""The search application."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """Registers search under its fixed label and listens to what changes documents."""

    name = "search"
    label = "search"

    def ready(self) -> None:
        """Listen to the models of every document source, whether it is registered before or after this."""
        from wagtail.models import Page, get_page_models  # noqa: PLC0415 (models load after apps)

        from content.pages.registry import registry  # noqa: PLC0415 (as above)
        from search.files import file_source  # noqa: PLC0415
        from search.outbox import connect_source  # noqa: PLC0415

        registry.add_document_source(file_source([Page, *get_page_models()]))
        registry.listen_to_sources(connect_source)
