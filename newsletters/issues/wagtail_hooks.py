"""The issue desk's place in the admin: a menu entry, and a button beside every issue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import include, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.widgets import Button

from newsletters.issues.models import IssuePage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.urls import URLResolver
    from wagtail.models import Page


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLResolver]:
    """Put the desk under /admin/issues/."""
    return [path("issues/", include("newsletters.issues.urls"))]


@hooks.register("register_admin_menu_item")
def register_issues_menu_item() -> MenuItem:
    """Add "Issue desk" to the main menu."""
    return MenuItem("Issue desk", reverse("issues:issues"), icon_name="draft", order=310)


@hooks.register("register_page_header_buttons")
def issue_header_buttons(page: Page, user: Any, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    """Lead from an issue's edit page to its desk."""
    del view_name, next_url
    yield from _desk_button(page, user)


@hooks.register("register_page_listing_buttons")
def issue_listing_buttons(page: Page, user: Any, next_url: str | None = None) -> Iterator[Button]:
    """Lead from the list of issues to the desk."""
    del next_url
    yield from _desk_button(page, user)


def _desk_button(page: Page, user: Any) -> Iterator[Button]:
    if page.pk and page.specific_class is IssuePage and page.permissions_for_user(user).can_edit():
        yield Button("Issue desk", reverse("issues:desk", args=[page.pk]), icon_name="mail", priority=15)
