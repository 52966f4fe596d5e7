"""The Django project and its small rooms."""

from courant.celery import app as celery_app

__all__ = ["celery_app"]
