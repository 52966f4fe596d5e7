"""The control room's place in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.contrib.auth.models import Permission
from django.urls import include, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from newsletters.delivery.bounces.viewsets import ReturnedViewSet
from newsletters.delivery.models import Rate
from newsletters.delivery.selectors import mailings_to_decide
from newsletters.delivery.views.control import CHANGE, VIEW

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLResolver

SHOWN_ON_FIRST_PAGE: Final = 10


class MailingsMenuItem(MenuItem):
    """Shown to whoever may look at mailings."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Whether this user may look at mailings."""
        return bool(request.user.has_perm(VIEW))


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLResolver]:
    """Put the control room under /admin/mailings/."""
    return [path("mailings/", include("newsletters.delivery.urls"))]


@hooks.register("register_admin_menu_item")
def register_mailings_menu_item() -> MenuItem:
    """Add "Mailings" to the main menu."""
    return MailingsMenuItem("Mailings", reverse("delivery:mailings"), icon_name="mail", order=320)


class WaitingMailingsPanel(Component):
    """On the admin's first page: mailings that wait for somebody's decision. Nothing when there are none."""

    name = "mailings_to_decide"
    template_name = "admin/delivery/waiting_panel.html"
    order = 50

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        """Look for them."""
        del parent_context
        return {"mailings": mailings_to_decide()[:SHOWN_ON_FIRST_PAGE]}


@hooks.register("construct_homepage_panels")
def add_waiting_mailings(request: HttpRequest, panels: list[Component]) -> None:
    """Show what waits to those who can decide it."""
    if request.user.has_perm(CHANGE):
        panels.append(WaitingMailingsPanel())


class RateViewSet(SnippetViewSet):
    """Sending rates, entered by operators."""

    model = Rate
    icon = "time"
    menu_label = "Sending rates"
    list_display: ClassVar = ["__str__", "per_second"]
    add_to_settings_menu = True


register_snippet(RateViewSet)
register_snippet(ReturnedViewSet)


@hooks.register("register_permissions")
def register_permissions() -> QuerySet[Permission]:
    """Let groups be given the right to look at mailings and to steer them."""
    return Permission.objects.filter(
        content_type__app_label="delivery",
        codename__in=["view_mailing", "change_mailing", "export_mailing", "view_returned"],
    )
