"""The search desk's place in the admin, and the way from a page to its related list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Permission
from django.urls import include, path, reverse
from wagtail import hooks
from wagtail.admin.menu import Menu, MenuItem, SubmenuMenuItem
from wagtail.admin.widgets import Button

from content.pages.models import BasePage
from search.choices import related_list_view
from search.desk.viewsets import BEST_BETS, MENU_HOOK, SYNONYMS, BestBetViewSet, SynonymViewSet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLPattern, URLResolver
    from wagtail.models import Page

USE = "search.use_search_desk"


class DeskMenuItem(MenuItem):
    """Shown to whoever may use the desk."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Whether this user may use the desk."""
        return bool(request.user.has_perm(USE))


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLResolver | URLPattern]:
    """Put the desk under /admin/search-desk/, and related lists under /admin/related/."""
    return [
        path("search-desk/", include("search.desk.urls")),
        path("related/<int:page_id>/", related_list_view, name="related_list"),
    ]


@hooks.register("register_page_header_buttons")
def related_header_button(page: Page, user: Any, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    """Lead from a page's edit screen to its related list."""
    del view_name, next_url
    kind = page.specific_class
    has_list = page.pk and page.live and kind and issubclass(kind, BasePage) and kind.takes_part_in_related
    if has_list and page.permissions_for_user(user).can_edit():
        yield Button("Related list", reverse("related_list", args=[page.pk]), icon_name="link", priority=60)


@hooks.register("register_admin_viewset")
def register_synonyms() -> list[SynonymViewSet | BestBetViewSet]:
    """Add the editing of synonyms and best bets."""
    return [SYNONYMS, BEST_BETS]


@hooks.register("register_admin_menu_item")
def register_menu() -> MenuItem:
    """Add the desk to the main menu, where "Search" is Wagtail's own; without a page that may be seen it is hidden."""
    return SubmenuMenuItem(
        "Search desk", Menu(register_hook_name=MENU_HOOK), name="search-desk", icon_name="search", order=330
    )


@hooks.register(MENU_HOOK)
def register_searches() -> MenuItem:
    """Add what readers search for."""
    return DeskMenuItem("Searches", reverse("search_desk:searches"), icon_name="history", order=100)


@hooks.register(MENU_HOOK)
def register_try() -> MenuItem:
    """Add a search to try."""
    return DeskMenuItem("Try a search", reverse("search_desk:try"), icon_name="view", order=400)


@hooks.register(MENU_HOOK)
def register_index() -> MenuItem:
    """Add the state of the index."""
    return DeskMenuItem("Index", reverse("search_desk:index"), icon_name="table", order=500)


@hooks.register("register_permissions")
def register_permissions() -> QuerySet[Permission]:
    """Let groups be given the right to use the desk and to rebuild the index."""
    return Permission.objects.filter(
        content_type__app_label="search", codename__in=["use_search_desk", "rebuild_search_index"]
    )
