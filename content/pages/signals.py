"""Forgets the remembered site when its row changes or the home page goes."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save
from wagtail.models import Site

from content.organisation.memory import forget
from content.pages.models import HomePage
from content.pages.models.site import SITE_KEY


def forget_site(**kwargs: Any) -> None:
    """Let the site be read again."""
    del kwargs
    forget(SITE_KEY)


def connect() -> None:
    """Listen; called once while Django starts."""
    post_save.connect(forget_site, sender=Site, dispatch_uid="pages.forget_site.saved")
    post_delete.connect(forget_site, sender=Site, dispatch_uid="pages.forget_site.deleted")
    post_delete.connect(forget_site, sender=HomePage, dispatch_uid="pages.forget_site.home")
