"""The topics application."""

from django.apps import AppConfig


class TopicsConfig(AppConfig):
    """Registers content.topics under its fixed label."""

    name = "content.topics"
    label = "topics"
