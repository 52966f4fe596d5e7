"""The users application."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """Registers courant.users under its fixed label."""

    name = "courant.users"
    label = "users"
