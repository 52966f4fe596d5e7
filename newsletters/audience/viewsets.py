"""The audience in the admin: lists to edit, people to look at. People change only through the services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import django_filters
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views.generic import IndexView, InspectView
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup
from wagtail.permission_policies import ModelPermissionPolicy

from newsletters.audience.models import MailingList, Reason, State, Subscriber, Subscription
from newsletters.audience.selectors import audience_waterfall, permission_history
from newsletters.audience.services import (
    erase_subscriber,
    lift_suppression,
    suppress_address,
    suppression_reason,
    unsubscribe_from_all,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

CHANGE = "audience.change_subscriber"


def _unsubscribe(subscriber: Subscriber, at: datetime) -> None:
    unsubscribe_from_all(subscriber=subscriber, at=at, page_address="admin")


def _suppress(subscriber: Subscriber, at: datetime) -> None:
    suppress_address(canonical=subscriber.canonical, reason=Reason.MANUAL, at=at)


def _lift(subscriber: Subscriber, _at: datetime) -> None:
    lift_suppression(canonical=subscriber.canonical, by_operator=True)


def _erase(subscriber: Subscriber, at: datetime) -> None:
    erase_subscriber(subscriber=subscriber, at=at, page_address="admin")


# What an operator does for somebody who writes or rings instead of using the link, and what is said afterwards.
ACTIONS: dict[str, tuple[Callable[[Subscriber, datetime], None], str]] = {
    "unsubscribe": (_unsubscribe, "Unsubscribed from everything."),
    "suppress": (_suppress, "Suppressed: this address gets no mail, whoever enters it."),
    "lift": (_lift, "The suppression is lifted. Subscriptions that have ended stay ended."),
    "erase": (_erase, "Erased."),
}


class OnlyPolicy(ModelPermissionPolicy):
    """Allow some of the four usual actions, to whoever has the right to them."""

    def __init__(self, model: Any, *, actions: frozenset[str]) -> None:
        """Allow `actions` and no others."""
        super().__init__(model)
        self.actions = actions

    def user_has_permission(self, user: Any, action: str) -> bool:
        """Whether the action exists here at all, and this user may do it."""
        return action in self.actions and bool(super().user_has_permission(user, action))

    def user_has_any_permission(self, user: Any, actions: Any) -> bool:
        """As `user_has_permission`, for one of several."""
        return any(self.user_has_permission(user, action) for action in actions)


class ListInspectView(InspectView):
    """A list with its waterfall: who is mailed, who is not, and why."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the counts."""
        return {**super().get_context_data(**kwargs), "waterfall": audience_waterfall(self.object)}


class MailingListViewSet(ModelViewSet):
    """Lists are made, edited and closed, never deleted: permission refers to them."""

    model = MailingList
    icon = "list-ul"
    menu_label = "Lists"
    add_to_admin_menu = False
    copy_view_enabled = False
    inspect_view_enabled = True
    inspect_view_class = ListInspectView
    inspect_template_name = "admin/audience/mailing_list.html"
    list_display: ClassVar = ["name", "slug", "is_public", "closed_at"]
    search_fields: ClassVar = ["name", "slug", "description"]
    search_backend_name = None

    @property
    def permission_policy(self) -> OnlyPolicy:
        """No deletion."""
        return OnlyPolicy(self.model, actions=frozenset({"add", "change", "view"}))


class SubscriberFilterSet(WagtailFilterSet):
    """By list and by state; both together mean that state on that list."""

    mailing_list = django_filters.ModelChoiceFilter(queryset=MailingList.objects.all(), label="List")
    state = django_filters.ChoiceFilter(choices=State.choices, label="State")

    class Meta:
        model = Subscriber
        fields: ClassVar[list[str]] = []

    def filter_queryset(self, queryset: QuerySet[Subscriber]) -> QuerySet[Subscriber]:
        """Ask for one subscription that fits both, not for two that fit one each."""
        chosen = {name: value for name, value in self.form.cleaned_data.items() if value}
        if chosen:
            fitting = Subscription.objects.filter(**chosen)
            queryset = queryset.filter(pk__in=fitting.values("subscriber"))
        return queryset


class SubscriberIndexView(IndexView):
    """People with their lists, two queries a page."""

    def get_base_queryset(self) -> QuerySet[Subscriber]:
        """Add the subscriptions."""
        subscriptions = Subscription.objects.select_related("mailing_list")
        return super().get_base_queryset().prefetch_related(Prefetch("subscriptions", subscriptions))


@method_decorator(csrf_protect, name="dispatch")
class SubscriberInspectView(InspectView):
    """One person: subscriptions, permission history, and what an operator may do at their request."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what the tables show."""
        reason = suppression_reason(canonical=self.object.canonical)
        return {
            **super().get_context_data(**kwargs),
            "subscriptions": self.object.subscriptions.select_related("mailing_list", "permission"),
            "history": permission_history(self.object.public_id),
            "suppression": reason.label if reason else "",
            "may_act": self.request.user.has_perm(CHANGE),
        }

    def post(self, request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
        """Do what a button says."""
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        action = request.POST.get("action", "")
        if action not in ACTIONS:
            raise Http404
        if action == "erase" and request.POST.get("sure") != "yes":
            messages.error(request, "Tick the box to erase.")
            return redirect(request.path)
        act, words = ACTIONS[action]
        act(self.object, timezone.now())
        messages.success(request, words)
        return redirect(reverse(self.index_url_name) if action == "erase" else request.path)


class SubscriberViewSet(ModelViewSet):
    """People to search and to look at."""

    model = Subscriber
    icon = "group"
    menu_label = "Subscribers"
    add_to_admin_menu = False
    copy_view_enabled = False
    inspect_view_enabled = True
    inspect_view_class = SubscriberInspectView
    inspect_template_name = "admin/audience/subscriber.html"
    inspect_view_fields: ClassVar = ["email", "name", "frequency", "topics", "created_at", "confirmed_at"]
    index_view_class = SubscriberIndexView
    filterset_class = SubscriberFilterSet
    # Wagtail asks for a form's fields even where nothing can be edited.
    form_fields: ClassVar = ["name"]
    search_fields: ClassVar = ["email", "name"]
    search_backend_name = None
    list_display: ClassVar = [
        "email",
        "name",
        Column(
            "lists",
            label="Lists",
            accessor=lambda person: ", ".join(
                f"{subscription.mailing_list.name} ({subscription.get_state_display().lower()})"
                for subscription in person.subscriptions.all()
            ),
        ),
        DateColumn("created_at", label="Since"),
        DateColumn("suppressed_at", label="Suppressed"),
    ]

    @property
    def permission_policy(self) -> OnlyPolicy:
        """Only looking; the services are behind the buttons of the person's page."""
        return OnlyPolicy(self.model, actions=frozenset({"view"}))


class AudienceGroup(ModelViewSetGroup):
    """The menu entry."""

    menu_label = "Audience"
    menu_icon = "group"
    menu_order = 310
    items = (MailingListViewSet("mailing_lists"), SubscriberViewSet("subscribers"))
