"""Middleware that belongs to the whole project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csp.middleware import CSPMiddleware

from courant.settings.parts.security import ADMIN_POLICY

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

ADMIN_PREFIX = "/admin/"


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """The site's strict policy everywhere but in the admin, whose widgets write inline scripts and styles.

    A view that has decided for itself (the mailbox shows mail in a frame of its own) keeps its decision.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add the header that fits the address."""
        if request.path.startswith(ADMIN_PREFIX) and not hasattr(response, "_csp_config"):
            response._csp_config = ADMIN_POLICY  # type: ignore[attr-defined] # noqa: SLF001 (django-csp's own hook)
        return super().process_response(request, response)
