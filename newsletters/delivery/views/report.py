"""How a mailing went, with charts that need no script, and the same as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from wagtail.admin.auth import permission_required

from newsletters.delivery.models import Mailing
from newsletters.delivery.reporting.charts import BAR, bar_width, curve_of
from newsletters.delivery.reporting.export import figure_lines, recipient_lines
from newsletters.delivery.reporting.figures import (
    LEFT_WITHIN,
    accepted_over_time,
    counted_links,
    mailing_figures,
    returned_counts,
)
from newsletters.delivery.views.control import EXPORT, OUTCOMES, VIEW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest, HttpResponse

log = structlog.get_logger(__name__)


@permission_required(VIEW)
@never_cache
@require_safe
def report(request: HttpRequest, mailing_id: int) -> HttpResponse:
    """Show how a mailing went."""
    mailing = get_object_or_404(Mailing, pk=mailing_id)
    figures = mailing_figures(mailing)
    counts = figures.counts
    links = counted_links(mailing)
    most = max((domain.total for domain in figures.domains), default=0)
    followed = links[0].clicks if links else 0
    context = {
        "mailing": mailing,
        "figures": figures,
        "curve": curve_of(accepted_over_time(mailing)),
        "outcomes": [
            (label, number, bar_width(number, counts.total))
            for label, number in ((label, getattr(counts, name)) for name, label in OUTCOMES)
            if number
        ],
        "domains": [(each, bar_width(each.accepted, most), bar_width(each.total, most)) for each in figures.domains],
        "returned": returned_counts(mailing),
        "links": [(link, bar_width(link.clicks, followed)) for link in links],
        "bar": BAR,
        "days": LEFT_WITHIN.days,
        "may_export": request.user.has_perm(EXPORT),
    }
    return render(request, "admin/delivery/report.html", context)


@permission_required(VIEW)
@never_cache
@require_safe
def export_figures(request: HttpRequest, mailing_id: int) -> StreamingHttpResponse:
    """Give the report's figures as a file; they name nobody."""
    del request
    mailing = get_object_or_404(Mailing, pk=mailing_id)
    return _file(figure_lines(mailing), f"mailing-{mailing.pk}-figures.csv")


@require_POST
@permission_required(EXPORT)
@never_cache
def export_recipients(request: HttpRequest, mailing_id: int) -> StreamingHttpResponse:
    """Give who got a mailing as a file. That it was taken is logged: by whom, never about whom."""
    mailing = get_object_or_404(Mailing, pk=mailing_id)
    log.info("recipients exported", mailing=mailing.pk, user=request.user.pk, recipients=mailing.size)
    return _file(recipient_lines(mailing), f"mailing-{mailing.pk}-recipients.csv")


def _file(lines: Iterator[str], name: str) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)
