"""Returned messages in the admin, to be looked at: what was not understood, and what could not be proved to be ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from wagtail.admin.ui.tables import Column
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.snippets.views.snippets import SnippetViewSet

from newsletters.delivery.models import Returned

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

_LOOKING: Final = frozenset({"view"})


class LookingPolicy(ModelPermissionPolicy):
    """Whoever may view may view; nobody may add, change or delete: what came in is evidence until it is too old."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        """Whether a user may do this."""
        return action in _LOOKING and super().user_has_permission(user, action)

    def user_has_any_permission(self, user: Any, actions: Any) -> bool:
        """Whether a user may do any of these."""
        return super().user_has_any_permission(user, _LOOKING.intersection(actions)) if actions else False


class ReturnedViewSet(SnippetViewSet):
    """A list with a filter by what could be made of a message, and each message as it came."""

    model = Returned
    icon = "mail"
    menu_label = "Returned mail"
    menu_name = "returned-mail"
    add_to_settings_menu = True
    list_display: ClassVar = [
        "received_at",
        Column("get_state_display", label="What could be made of it"),
        "subject",
    ]
    list_filter: ClassVar = ["state"]
    inspect_view_enabled = True
    copy_view_enabled = False
    inspect_view_fields: ClassVar = ["received_at", "state", "envelope_recipient", "source"]

    @property
    def permission_policy(self) -> LookingPolicy:
        """Return who may do what."""
        return LookingPolicy(self.model)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Returned]:
        """Return what is kept, newest first."""
        del request
        return Returned.objects.order_by("-received_at")
