"""The people application."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Registers content.people under its fixed label."""

    name = "content.people"
    label = "people"
