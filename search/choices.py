"""An editor's screen for a page's related list: what stands in it and why, to pin, to ban, to take back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from wagtail.admin.widgets import AdminPageChooser
from wagtail.models import Page

from content.pages.models import Card
from content.topics.models import Topic
from search.models import RelatedChoice
from search.related import PINNED, SHOWN, reason_in_words
from search.relating import choose_related
from search.selectors import curated_page_ids, related_list, related_pages

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class PinForm(forms.Form):
    """Choose any published page to stand first."""

    page = forms.ModelChoiceField(
        queryset=Page.objects.live(), label="Page", widget=AdminPageChooser(), help_text="It comes after earlier pins."
    )


class ActionForm(forms.Form):
    """One press of a button beside a page."""

    action = forms.ChoiceField(choices=[(name, name) for name in ("pin", "unpin", "ban", "allow")])
    target = forms.ModelChoiceField(queryset=Page.objects.all())


@dataclass(frozen=True, slots=True)
class Line:
    """An item of the list as the screen shows it."""

    page: Page
    card: Card | None
    reasons: list[str]
    is_pinned: bool
    place: int
    is_curated: bool
    is_visible: bool


@require_http_methods(["GET", "POST"])
def related_list_view(request: HttpRequest, page_id: int) -> HttpResponse:
    """Show a page's list with its reasons, and carry out what the editor chooses."""
    page = get_object_or_404(Page, pk=page_id).specific
    if not page.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    pin_form = PinForm()
    if request.method == "POST":
        if "action" in request.POST:
            form = ActionForm(request.POST)
            done = form.is_valid() and _carry_out(
                request, page, form.cleaned_data["action"], form.cleaned_data["target"]
            )
            if not done and not form.is_valid():
                messages.error(request, "That page is no longer there, so nothing was changed.")
            return redirect("related_list", page.pk)
        pin_form = PinForm(request.POST)
        if pin_form.is_valid() and _carry_out(request, page, "pin", pin_form.cleaned_data["page"]):
            return redirect("related_list", page.pk)
    return TemplateResponse(request, "admin/search/related_list.html", _context(page, pin_form))


def _carry_out(request: HttpRequest, page: Page, action: str, target: Page) -> bool:
    choices = list(RelatedChoice.objects.filter(page=page))
    pinned = [choice.related_id for choice in choices if not choice.is_banned and choice.related_id != target.pk]
    banned = {choice.related_id for choice in choices if choice.is_banned} - {target.pk}
    said = {
        "pin": f"“{target.title}” is pinned.",
        "unpin": f"“{target.title}” is not pinned any more.",
        "ban": f"“{target.title}” will not be shown here.",
        "allow": f"“{target.title}” may be shown here again.",
    }
    if action == "pin":
        pinned.append(target.pk)
    elif action == "ban":
        banned.add(target.pk)
    try:
        choose_related(page=page, pinned=pinned, banned=banned)
    except ValueError as error:
        messages.error(request, str(error))
        return False
    messages.success(request, said[action])
    return True


def _context(page: Page, pin_form: PinForm) -> dict[str, Any]:
    shown = {card.pk: place for place, card in enumerate(related_pages(page, SHOWN), start=1)}
    curated = curated_page_ids(page)
    topics = dict(Topic.objects.values_list("pk", "name"))
    rows = related_list(page)
    visible = set(Card.objects.visible().filter(pk__in=[row.related_id for row in rows]).values_list("pk", flat=True))
    lines = [
        Line(
            page=row.related,
            card=getattr(row.related, "card", None),
            reasons=[reason_in_words(reason, topics=topics) for reason in row.reasons],
            is_pinned=row.reasons == PINNED,
            place=shown.get(row.related_id, 0),
            is_curated=row.related_id in curated,
            is_visible=row.related_id in visible,
        )
        for row in rows
    ]
    banned = Page.objects.filter(pk__in=RelatedChoice.objects.filter(page=page, is_banned=True).values("related_id"))
    return {
        "page": page,
        "takes_part": getattr(page, "takes_part_in_related", True),
        "lines": lines,
        "banned": banned.order_by("title"),
        "pin_form": pin_form,
        "shown_note": ngettext("%d page is shown", "%d pages are shown", len(shown)) % len(shown),
        "media": pin_form.media,
    }
