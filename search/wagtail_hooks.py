"""The search desk's place in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Permission
from django.urls import include, path, reverse
from wagtail import hooks
from wagtail.admin.menu import Menu, MenuItem, SubmenuMenuItem

from search.desk.viewsets import BEST_BETS, MENU_HOOK, SYNONYMS, BestBetViewSet, SynonymViewSet

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLResolver

USE = "search.use_search_desk"


class DeskMenuItem(MenuItem):
    """Shown to whoever may use the desk."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Whether this user may use the desk."""
        return bool(request.user.has_perm(USE))


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLResolver]:
    """Put the desk under /admin/search-desk/."""
    return [path("search-desk/", include("search.desk.urls"))]


@hooks.register("register_admin_viewset")
def register_synonyms() -> list[SynonymViewSet | BestBetViewSet]:
    """Add the editing of synonyms and best bets."""
    return [SYNONYMS, BEST_BETS]


@hooks.register("register_admin_menu_item")
def register_menu() -> MenuItem:
    """Add "Search" to the main menu; it hides itself when nothing in it may be seen."""
    return SubmenuMenuItem(
        "Search", Menu(register_hook_name=MENU_HOOK), name="search-desk", icon_name="search", order=330
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
