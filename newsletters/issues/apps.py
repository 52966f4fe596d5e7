"""The issues application."""

from django.apps import AppConfig


class IssuesConfig(AppConfig):
    """Registers newsletters.issues under its fixed label, and its section of the site."""

    name = "newsletters.issues"
    label = "issues"

    def ready(self) -> None:
        """Ask for the page under /newsletters/: all models are known by now."""
        from content.pages.registry import Section, registry  # noqa: PLC0415 (models load after apps)
        from newsletters.issues.models import NewsletterIndexPage  # noqa: PLC0415 (as above)

        registry.add_section(
            Section(
                "newsletters",
                lambda: NewsletterIndexPage(
                    title="Newsletters", summary="What we learn, in your inbox. No tracking, and one click to leave."
                ),
                menu="Newsletters",
                order=75,
            )
        )
