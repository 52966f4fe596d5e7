"""The desk's pages: what readers search for, a search to try, and the index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST
from wagtail.admin.auth import permission_required

from search.desk import selectors
from search.desk.jobs import JobUnderWay, ask_for_job
from search.desk.models import IndexJob
from search.desk.preview import compare_best_bet, compare_query, compare_synonyms
from search.desk.viewsets import BEST_BETS, SYNONYMS
from search.query import LONGEST_TEXT, clean_text

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

USE, REBUILD = "search.use_search_desk", "search.rebuild_search_index"
PERIODS: Final = {"7": "7 days", "30": "30 days", "90": "90 days"}
USUAL_PERIOD: Final = "30"


@permission_required(USE)
def searches(request: HttpRequest) -> HttpResponse:
    """Show what readers asked, what they did not find, and where they clicked."""
    chosen = request.GET.get("days", USUAL_PERIOD)
    days = int(chosen if chosen in PERIODS else USUAL_PERIOD)
    return render(
        request,
        "admin/search/searches.html",
        {
            "is_on": settings.SEARCH_STATISTICS,
            "shown_after": settings.SEARCH_SHOWN_AFTER,
            "askers_days": settings.SEARCH_ASKERS_DAYS,
            "kept_days": settings.SEARCH_STATISTICS_DAYS,
            "periods": [(value, label, value == str(days)) for value, label in PERIODS.items()],
            "all": selectors.all_queries(days=days),
            "top": selectors.top_queries(days=days),
            "nothing": selectors.queries_without_result(days=days),
            "clicks": selectors.clicks_by_position(days=days),
            "may_add_synonyms": SYNONYMS.permission_policy.user_has_permission(request.user, "add"),
            "may_add_bets": BEST_BETS.permission_policy.user_has_permission(request.user, "add"),
        },
    )


@permission_required(USE)
def try_search(request: HttpRequest) -> HttpResponse:
    """Show what a search finds with the editors' synonyms and best bets, and without or with other synonyms."""
    text = clean_text(request.GET.get("q", ""), limit=LONGEST_TEXT)
    also = [line for line in request.GET.get("also", "")[:LONGEST_TEXT].splitlines() if line.strip()]
    comparison = compare_query(text=text, phrases=[text, *also] if also else ()) if text else None
    return render(
        request,
        "admin/search/try.html",
        {
            "text": text,
            "also": "\n".join(also),
            "comparisons": [comparison] if comparison else [],
            "before": "As it is now" if also else "Without synonyms and best bets",
            "after": "With these synonyms" if also else "As it is now",
        },
    )


@require_POST
def preview(request: HttpRequest, what: str) -> HttpResponse:
    """Show what a synonym group or best bet would change, from its form as it stands, before it is saved.

    Raises:
        PermissionDenied: this user may neither add nor change such a thing.
    """
    viewset = {"synonyms": SYNONYMS, "best-bets": BEST_BETS}.get(what)
    if viewset is None:
        raise Http404
    if not viewset.permission_policy.user_has_any_permission(request.user, ["add", "change"]):
        raise PermissionDenied
    number = request.GET.get("pk", "")
    instance = viewset.model.objects.filter(pk=int(number)).first() if number.isdecimal() else None
    form = viewset.get_form_class(for_update=instance is not None)(
        request.POST, instance=instance, for_user=request.user
    )
    comparisons: list[Any] = []
    if form.is_valid():
        draft = form.save(commit=False)
        comparisons = compare_synonyms(draft=draft) if what == "synonyms" else compare_best_bet(draft=draft)
    return render(
        request,
        "admin/search/preview.html",
        {"form": form, "comparisons": comparisons, "before": "As it is now", "after": "Once this is saved"},
    )


@permission_required(USE)
def index(request: HttpRequest) -> HttpResponse:
    """Show how the index stands, and the buttons for whoever may press them."""
    return render(
        request,
        "admin/search/index.html",
        {"report": selectors.index_report(), "may_rebuild": request.user.has_perm(REBUILD)},
    )


@permission_required(USE)
def progress(request: HttpRequest) -> HttpResponse:
    """Return how far the job is, which the index page asks for every two seconds while there is one."""
    return render(request, "admin/search/job.html", {"job": IndexJob.objects.first()})


@require_POST
@permission_required(REBUILD)
def start_job(request: HttpRequest) -> HttpResponse:
    """Put a rebuild, a comparison or a repair in line."""
    kind = request.POST.get("kind", "")
    if kind not in IndexJob.Kind.values:
        raise Http404
    try:
        job = ask_for_job(kind=IndexJob.Kind(kind))
    except JobUnderWay as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, f"{job.get_kind_display()} is in line.")
    return redirect("search_desk:index")
