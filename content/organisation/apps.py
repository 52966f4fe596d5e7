"""The organisation application."""

from django.apps import AppConfig


class OrganisationConfig(AppConfig):
    """Registers content.organisation under its fixed label."""

    name = "content.organisation"
    label = "organisation"
