"""The delivery application."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Registers newsletters.delivery under its fixed label."""

    name = "newsletters.delivery"
    label = "delivery"
