"""The events application."""

from django.apps import AppConfig

from content.pages.registry import Section, registry


class EventsConfig(AppConfig):
    """Registers content.events under its fixed label, and the page that lists them."""

    name = "content.events"
    label = "events"

    def ready(self) -> None:
        """Register the list of events."""
        from content.events.models import EventIndexPage  # noqa: PLC0415 (models are ready only now)

        registry.add_section(Section("events", lambda: EventIndexPage(title="Events"), menu="Events", order=60))
