"""The control room: all mailings, one mailing as it goes, and the buttons to steer it. Works without JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from wagtail.admin.auth import permission_required

from newsletters.delivery import services
from newsletters.delivery.models import Mailing
from newsletters.delivery.reporting.progress import progress_of
from newsletters.delivery.selectors import mailing_counts, unknown_recipients
from newsletters.delivery.states import MAILING_MOVES, ForbiddenMoveError, MailingState, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from newsletters.delivery.selectors import Counts

VIEW, CHANGE, EXPORT = "delivery.view_mailing", "delivery.change_mailing", "delivery.export_mailing"
A_PAGE: Final = 100
"""Unknown recipients a page: two senders' windows."""
ACTIONS: Final[dict[str, tuple[str, MailingState, Callable[..., Mailing]]]] = {
    "start": ("Send now", MailingState.SENDING, services.start_mailing),
    "pause": ("Pause", MailingState.PAUSED, services.pause_mailing),
    "resume": ("Resume", MailingState.SENDING, services.resume_mailing),
    "cancel": ("Cancel…", MailingState.CANCELLED, services.cancel_mailing),
}
OUTCOMES: Final = (
    ("accepted", "Accepted by the relay"),
    ("pending", Outcome.PENDING.label),
    ("deferred", "Deferred, will be tried again"),
    ("rejected", Outcome.REJECTED.label),
    ("unknown", Outcome.UNKNOWN.label),
    ("closed", Outcome.CLOSED.label),
    ("suppressed", Outcome.SUPPRESSED.label),
)
ALWAYS_SHOWN: Final = frozenset({"total", "unsubscribed", "suppressed", "without_permission", "duplicates", "to_send"})
"""Steps of the waterfall that are shown when nobody was left out at them, too."""


@permission_required(VIEW)
@require_safe
def mailings(request: HttpRequest) -> HttpResponse:
    """Show all mailings, newest first, and before them those that wait for somebody's decision."""
    page = Paginator(Mailing.objects.defer("content"), 25).get_page(request.GET.get("p"))
    return render(
        request,
        "admin/delivery/mailings.html",
        {
            "page": page,
            "elided_page_range": page.paginator.get_elided_page_range(page.number),
            "rows": [(mailing, mailing_counts(mailing)) for mailing in page],
            "missed": Mailing.objects.defer("content").filter(state=MailingState.MISSED),
        },
    )


@permission_required(VIEW)
@never_cache
@require_safe
def mailing(request: HttpRequest, mailing_id: int) -> HttpResponse:
    """Show one mailing: its progress, whom nobody can be sure of, and what an operator may do."""
    return render(request, "admin/delivery/mailing.html", _context(request, mailing_id))


@permission_required(VIEW)
@never_cache
@require_safe
def live(request: HttpRequest, mailing_id: int) -> HttpResponse:
    """Return the parts of the page that change, which it asks for every two seconds while something is going on."""
    return render(request, "admin/delivery/live.html", _context(request, mailing_id))


@permission_required(CHANGE)
@never_cache
@require_safe
def confirm_cancel(request: HttpRequest, mailing_id: int) -> HttpResponse:
    """Ask before a mailing is ended for good, saying what that means in figures."""
    chosen = get_object_or_404(Mailing, pk=mailing_id)
    if MailingState.CANCELLED not in MAILING_MOVES[chosen.state]:
        messages.error(request, f"The mailing is {chosen.get_state_display().lower()}; there is nothing to cancel.")
        return redirect("delivery:mailing", mailing_id)
    context = {"mailing": chosen, "counts": mailing_counts(chosen), "may_pause": chosen.state == MailingState.SENDING}
    return render(request, "admin/delivery/cancel.html", context)


@require_POST
@permission_required(CHANGE)
def steer(request: HttpRequest, mailing_id: int) -> HttpResponse:
    """Start, pause, resume or cancel; cancelling wants to be confirmed."""
    chosen = get_object_or_404(Mailing, pk=mailing_id)
    action = request.POST.get("action", "")
    if action not in ACTIONS:
        messages.error(request, "That is nothing one can do to a mailing.")
        return redirect("delivery:mailing", mailing_id)
    if action == "cancel" and "confirmed" not in request.POST:
        return redirect("delivery:cancel", mailing_id)
    try:
        chosen = ACTIONS[action][2](mailing=chosen)
    except ForbiddenMoveError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"The mailing is now: {chosen.get_state_display().lower()}.")
    return redirect("delivery:mailing", mailing_id)


@require_POST
@permission_required(CHANGE)
def decide_unknown(request: HttpRequest, mailing_id: int) -> HttpResponse:
    """Send again to unknown recipients, or leave them as they are: to those chosen, or to all when that was pressed."""
    chosen = get_object_or_404(Mailing, pk=mailing_id)
    verb, _, scope = request.POST.get("decision", "").partition("-")
    numbers = [int(number) for number in request.POST.getlist("number") if number.isdecimal()]
    if verb not in {"resend", "close"} or scope not in {"chosen", "all"}:
        messages.error(request, "That is nothing one can decide about unknown recipients.")
    elif scope == "chosen" and not numbers:
        messages.error(request, "Nobody was chosen. Tick somebody, or decide about all of them at once.")
    else:
        try:
            _decide(request, chosen, verb, numbers if scope == "chosen" else None)
        except ForbiddenMoveError as error:
            messages.error(request, str(error))
    return redirect("delivery:mailing", mailing_id)


def _decide(request: HttpRequest, chosen: Mailing, verb: str, numbers: list[int] | None) -> None:
    if verb == "resend":
        moved = services.resend_unknown(mailing=chosen, numbers=numbers)
        messages.success(request, f"{moved} will be sent again, with the same Message-ID as before.")
    else:
        moved = services.close_unknown(mailing=chosen, numbers=numbers)
        messages.success(request, f"{moved} left as they are.")


def _context(request: HttpRequest, mailing_id: int) -> dict[str, Any]:
    chosen = get_object_or_404(Mailing.objects.select_related("issue", "created_by"), pk=mailing_id)
    counts = mailing_counts(chosen)
    may_change = request.user.has_perm(CHANGE)
    unknown = Paginator(unknown_recipients(chosen), A_PAGE).get_page(request.GET.get("p"))
    return {
        **progress_of(chosen, counts),
        "mailing": chosen,
        "rows": _rows(counts),
        "waterfall": [(key, label, number) for key, label, number in chosen.waterfall if number or key in ALWAYS_SHOWN],
        "actions": _actions(chosen) if may_change else [],
        "unknown": unknown,
        "elided_page_range": unknown.paginator.get_elided_page_range(unknown.number),
        "may_change": may_change,
        "is_live": not chosen.is_over and chosen.state != MailingState.MISSED,
    }


def _rows(counts: Counts) -> list[tuple[str, int]]:
    shown = [(label, getattr(counts, name), name) for name, label in OUTCOMES]
    return [(label, number) for label, number, name in shown if number or name in {"accepted", "pending"}]


def _actions(chosen: Mailing) -> list[tuple[str, str]]:
    """The buttons that the table of moves allows; a paused mailing is resumed, any other is sent."""
    names = {"start", "pause", "cancel"} if chosen.state != MailingState.PAUSED else {"resume", "cancel"}
    # A finished mailing is opened again by resending somebody, not by a button.
    allowed = MAILING_MOVES[chosen.state] if chosen.state != MailingState.FINISHED else frozenset()
    return [(key, words) for key, (words, state, _) in ACTIONS.items() if key in names and state in allowed]
