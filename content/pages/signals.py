"""Keeps what follows from other rows: the remembered site, and which cards are behind a view restriction."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save
from wagtail.models import Page, PageViewRestriction, Site
from wagtail.signals import post_page_move

from content.organisation.memory import forget
from content.pages.models import HomePage
from content.pages.models.cards import keep_restrictions
from content.pages.models.site import SITE_KEY


def forget_site(**kwargs: Any) -> None:
    """Let the site be read again."""
    del kwargs
    forget(SITE_KEY)


def restrict_cards(instance: PageViewRestriction, **kwargs: Any) -> None:
    """Follow a view restriction that was made, changed or lifted; the page may be gone with it."""
    del kwargs
    path = Page.objects.filter(pk=instance.page_id).values_list("path", flat=True).first()
    if path is not None:
        keep_restrictions(path)


def restrict_moved_cards(instance: Page, **kwargs: Any) -> None:
    """Follow a subtree that was moved below a restricted page, or out from it."""
    del kwargs
    keep_restrictions(instance.path)


def connect() -> None:
    """Listen; called once while Django starts."""
    post_save.connect(forget_site, sender=Site, dispatch_uid="pages.forget_site.saved")
    post_delete.connect(forget_site, sender=Site, dispatch_uid="pages.forget_site.deleted")
    post_delete.connect(forget_site, sender=HomePage, dispatch_uid="pages.forget_site.home")
    post_save.connect(restrict_cards, sender=PageViewRestriction, dispatch_uid="pages.restrict_cards.saved")
    post_delete.connect(restrict_cards, sender=PageViewRestriction, dispatch_uid="pages.restrict_cards.deleted")
    post_page_move.connect(restrict_moved_cards, dispatch_uid="pages.restrict_moved_cards")
