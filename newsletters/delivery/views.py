"""The control room: all mailings, one mailing's report, and the buttons to steer it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST
from wagtail.admin.auth import permission_required

from newsletters.delivery import services
from newsletters.delivery.models import Mailing
from newsletters.delivery.selectors import mailing_counts, unknown_recipients
from newsletters.delivery.states import MAILING_MOVES, ForbiddenMoveError, MailingState, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

VIEW, CHANGE = "delivery.view_mailing", "delivery.change_mailing"
UNKNOWN_SHOWN: Final = 200
ACTIONS: Final[dict[str, tuple[str, MailingState, Callable[..., Mailing]]]] = {
    "start": ("Send now", MailingState.SENDING, services.start_mailing),
    "pause": ("Pause", MailingState.PAUSED, services.pause_mailing),
    "resume": ("Resume", MailingState.SENDING, services.resume_mailing),
    "cancel": ("Cancel", MailingState.CANCELLED, services.cancel_mailing),
}


@permission_required(VIEW)
def mailings(request: HttpRequest) -> HttpResponse:
    """Show all mailings, newest first."""
    page = Paginator(Mailing.objects.select_related("mailing_list"), 25).get_page(request.GET.get("p"))
    rows = [(mailing, mailing_counts(mailing)) for mailing in page]
    return render(request, "admin/delivery/mailings.html", {"page": page, "rows": rows})


@permission_required(VIEW)
def report(request: HttpRequest, mailing_id: int) -> HttpResponse:
    """Show one mailing: its progress, its outcomes, and whom nobody can be sure of."""
    mailing = get_object_or_404(Mailing.objects.select_related("mailing_list", "issue", "created_by"), pk=mailing_id)
    unknown = list(unknown_recipients(mailing)[:UNKNOWN_SHOWN])
    return render(
        request,
        "admin/delivery/report.html",
        {
            **_progress(mailing),
            "actions": _actions(mailing) if request.user.has_perm(CHANGE) else [],
            "unknown": unknown,
            "may_change": request.user.has_perm(CHANGE),
        },
    )


@permission_required(VIEW)
def figures(request: HttpRequest, mailing_id: int) -> HttpResponse:
    """Return the progress alone, which the report asks for every two seconds while something is going on."""
    mailing = get_object_or_404(Mailing, pk=mailing_id)
    response = render(request, "admin/delivery/figures.html", _progress(mailing))
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@permission_required(CHANGE)
def steer(request: HttpRequest, mailing_id: int) -> HttpResponse:
    """Start, pause, resume or cancel."""
    mailing = get_object_or_404(Mailing, pk=mailing_id)
    chosen = ACTIONS.get(request.POST.get("action", ""))
    if chosen is None:
        messages.error(request, "That is nothing one can do to a mailing.")
        return redirect("delivery:report", mailing_id)
    try:
        mailing = chosen[2](mailing=mailing)
    except ForbiddenMoveError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"The mailing is now: {mailing.get_state_display().lower()}.")
    return redirect("delivery:report", mailing_id)


@require_POST
@permission_required(CHANGE)
def decide_unknown(request: HttpRequest, mailing_id: int) -> HttpResponse:
    """Send again to unknown recipients, or leave them as they are."""
    mailing = get_object_or_404(Mailing, pk=mailing_id)
    numbers = [int(number) for number in request.POST.getlist("number") if number.isdecimal()] or None
    try:
        if request.POST.get("decision") == "resend":
            moved = services.resend_unknown(mailing=mailing, numbers=numbers)
            messages.success(request, f"{moved} will be sent again, with the same Message-ID as before.")
        else:
            moved = services.close_unknown(mailing=mailing, numbers=numbers)
            messages.success(request, f"{moved} left as they are.")
    except ForbiddenMoveError as error:
        messages.error(request, str(error))
    return redirect("delivery:report", mailing_id)


def _progress(mailing: Mailing) -> dict[str, object]:
    counts = mailing_counts(mailing)
    rows = [
        (label, getattr(counts, name))
        for name, label in (
            ("accepted", "Accepted by the relay"),
            ("pending", "Not sent yet"),
            ("deferred", "Deferred, will be tried again"),
            ("rejected", "Rejected"),
            ("unknown", "Unknown"),
            ("closed", Outcome.CLOSED.label),
            ("suppressed", Outcome.SUPPRESSED.label),
        )
    ]
    return {
        "mailing": mailing,
        "counts": counts,
        "rows": [row for row in rows if row[1] or row[0].startswith(("Accepted", "Not sent yet"))],
        "percent": 100 * counts.settled // counts.total if counts.total else 0,
        "is_live": not mailing.is_over,
    }


def _actions(mailing: Mailing) -> list[tuple[str, str]]:
    """The buttons that the table of moves allows; a paused mailing is resumed, any other is sent."""
    names = {"start", "pause", "cancel"} if mailing.state != MailingState.PAUSED else {"resume", "cancel"}
    # A finished mailing is opened again by resending somebody, not by a button.
    allowed = MAILING_MOVES[mailing.state] if mailing.state != MailingState.FINISHED else frozenset()
    return [(key, words) for key, (words, state, _) in ACTIONS.items() if key in names and state in allowed]
