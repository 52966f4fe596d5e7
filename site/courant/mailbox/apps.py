"""The mailbox application."""

from django.apps import AppConfig


class MailboxConfig(AppConfig):
    """Registers courant.mailbox under its fixed label."""

    name = "courant.mailbox"
    label = "mailbox"
