"""Celery tasks of the pages room."""

from __future__ import annotations

from celery import shared_task
from django.core.management import call_command


@shared_task(name="content.pages.publish_scheduled")
def publish_scheduled() -> None:
    """Publish what is due and unpublish what has expired, by Wagtail's own command; harmless to repeat.

    Expiry and closing hold to the second without it; this makes the stored state follow.
    """
    call_command("publish_scheduled", verbosity=0)
