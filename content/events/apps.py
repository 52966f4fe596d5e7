"""The events application."""

from importlib import import_module

from django.apps import AppConfig

from content.pages.registry import Section, registry


class EventsConfig(AppConfig):
    """Registers content.events under its fixed label, and the page that lists them."""

    name = "content.events"
    label = "events"

    def ready(self) -> None:
        """Register what its pages are in structured data, and the list of events."""
        from content.events.models import EventIndexPage  # noqa: PLC0415 (models are ready only now)

        import_module("content.events.structured_data")
        registry.add_section(Section("events", lambda: EventIndexPage(title="Events"), menu="Events", order=60))
