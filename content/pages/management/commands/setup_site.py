"""Make the pages with fixed addresses that the other rooms rely on."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from content.pages.services import set_up_site


class Command(BaseCommand):
    """Run after every migration; it changes nothing when everything is there."""

    help = "Makes the home page, the sections, the site's address and the header menu where they are missing."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing and say what that was."""
        made = set_up_site()
        self.stdout.write("Made: " + ", ".join(made) if made else "Everything was there.")
