"""The articles application."""

from django.apps import AppConfig


class ArticlesConfig(AppConfig):
    """Registers content.articles under its fixed label."""

    name = "content.articles"
    label = "articles"
