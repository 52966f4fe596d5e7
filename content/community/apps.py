"""The community application."""

from django.apps import AppConfig

from content.pages.registry import Section, registry


class CommunityConfig(AppConfig):
    """Registers content.community under its fixed label, and the community's home."""

    name = "content.community"
    label = "community"

    def ready(self) -> None:
        """Register the community's home."""
        from content.community.models import CommunityHomePage  # noqa: PLC0415 (models are ready only now)

        registry.add_section(
            Section("community", lambda: CommunityHomePage(title="The Q community"), menu="Q community", order=80)
        )
