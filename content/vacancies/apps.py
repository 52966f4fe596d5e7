"""The vacancies application."""

from importlib import import_module

from django.apps import AppConfig

from content.pages.registry import Section, registry


class VacanciesConfig(AppConfig):
    """Registers content.vacancies under its fixed label, and the page that lists them."""

    name = "content.vacancies"
    label = "vacancies"

    def ready(self) -> None:
        """Register what its pages are in structured data, and the list of vacancies."""
        from content.vacancies.models import VacancyIndexPage  # noqa: PLC0415 (models are ready only now)

        import_module("content.vacancies.structured_data")
        registry.add_section(
            Section("vacancies", lambda: VacancyIndexPage(title="Work with us"), menu="Work with us", order=90)
        )
