"""The articles application."""

from importlib import import_module

from django.apps import AppConfig

from content.pages.registry import Section, registry


class ArticlesConfig(AppConfig):
    """Registers content.articles under its fixed label, and the sections its pages live in."""

    name = "content.articles"
    label = "articles"

    def ready(self) -> None:
        """Register what its pages are in structured data, and the sections of the article types."""
        from content.pages.models import SectionPage  # noqa: PLC0415 (models are ready only now)

        import_module("content.articles.structured_data")
        registry.add_section(Section("guides", lambda: SectionPage(title="Quick guides"), menu="Guides", order=10))
        registry.add_section(Section("blogs", lambda: SectionPage(title="Blogs"), menu="Blogs", order=20))
        registry.add_section(Section("features", lambda: SectionPage(title="From the newsletters"), order=30))
        registry.add_section(Section("reports", lambda: SectionPage(title="Reports"), menu="Reports", order=40))
        registry.add_section(Section("news", lambda: SectionPage(title="News"), order=50))
