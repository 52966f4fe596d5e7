"""The delivery application."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Registers newsletters.delivery under its fixed label, and fills the registries of the rooms below it."""

    name = "newsletters.delivery"
    label = "delivery"

    def ready(self) -> None:
        """Offer sending to the issue desk, verbs to `manage.py newsletter`, and say what is kept about people."""
        from newsletters.delivery import checks, commands, declarations, desk, shutdown  # noqa: F401, PLC0415 (models load after apps)
        from newsletters.delivery.bounces import commands as bounce_commands  # noqa: PLC0415 (as above)
        from newsletters.delivery.bounces import webhooks  # noqa: PLC0415 (as above)
        from newsletters.issues.registry import registry  # noqa: PLC0415 (as above)

        registry.send_hook = desk.send_issue
        registry.mailings_hook = desk.issue_mailings
        registry.checks.append(desk.check_counted_links)
        for subcommand in (*commands.SUBCOMMANDS, *bounce_commands.SUBCOMMANDS):
            registry.add_subcommand(subcommand)
        declarations.declare()
        webhooks.connect()
