"""Counted links: to the target at once, whatever becomes of the count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import Http404, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from newsletters.delivery.scanners import is_automatic, visitor_of
from newsletters.delivery.services import count_click
from newsletters.issues.counting import LinkInvalid, read_counted_address

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@never_cache
@require_safe
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """Lead on to a link's target, and count that a reader followed it.

    Raises:
        Http404: the address was not made here; it leads nowhere (no open redirect, CWE-601).
    """
    target = request.GET.get("to", "")
    try:
        issue_number = read_counted_address(token=token, target=target)
    except LinkInvalid as error:
        raise Http404(str(error)) from error
    if not is_automatic(request) and not _is_editor(request):
        count_click(issue_number=issue_number, target=target, visitor=visitor_of(request))
    response = HttpResponseRedirect(target)
    response["X-Robots-Tag"] = "noindex"
    return response


def _is_editor(request: HttpRequest) -> bool:
    """Previews and tests are looked at by people who are signed in; readers never are, and cost no query."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated
