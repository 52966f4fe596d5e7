"""Celery tasks of the organisation room."""

from __future__ import annotations

from celery import shared_task

from content.organisation import services


@shared_task(name="content.organisation.refresh_social_post")
def refresh_social_post() -> None:
    """Read the social feed; harmless to repeat."""
    services.refresh_social_post()
