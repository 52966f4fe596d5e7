"""The control room's place in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.contrib.auth.models import Permission
from django.urls import include, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from newsletters.delivery.bounces.viewsets import ReturnedViewSet
from newsletters.delivery.models import Rate
from newsletters.delivery.views.control import VIEW

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLResolver


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
