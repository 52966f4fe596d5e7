"""The mjml application."""

from django.apps import AppConfig


class MjmlConfig(AppConfig):
    """Registers newsletters.mjml under its fixed label."""

    name = "newsletters.mjml"
    label = "mjml"
