"""The events application."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """Registers content.events under its fixed label."""

    name = "content.events"
    label = "events"
