"""The vacancies application."""

from django.apps import AppConfig


class VacanciesConfig(AppConfig):
    """Registers content.vacancies under its fixed label."""

    name = "content.vacancies"
    label = "vacancies"
