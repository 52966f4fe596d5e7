"""The issues application."""

from django.apps import AppConfig


class IssuesConfig(AppConfig):
    """Registers newsletters.issues under its fixed label."""

    name = "newsletters.issues"
    label = "issues"
