"""Shows a mail in the admin: in a frame of its own, under a policy of its own, because its styles are inline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string

from newsletters.issues.compiled import FIELDS, Rendered, render_for
from newsletters.issues.services import IssueIncomplete, compile_issue
from newsletters.mjml import MjmlError

if TYPE_CHECKING:
    from collections.abc import Collection

    from newsletters.issues.models import IssuePage

MAIL_POLICY = {
    "default-src": [NONE],
    "img-src": [SELF, settings.SITE_URL, "data:"],
    "style-src": [UNSAFE_INLINE],
    "frame-ancestors": [SELF],
    "base-uri": [NONE],
    "form-action": [NONE],
}
_DARK = "@media (prefers-color-scheme: dark)"
WITHOUT_PICTURES = {**MAIL_POLICY, "img-src": [NONE]}


def sample_values() -> dict[str, str]:
    """Merge values of a subscriber who does not exist."""
    return {field.name: field.sample for field in FIELDS.values()}


def render_sample(issue: IssuePage, topics: Collection[int] | None = None) -> Rendered:
    """The mail as somebody at example.org would get it, following `topics`; every topic of the issue when None.

    Raises:
        IssueIncomplete: the page is not below a newsletter.
        MjmlError: a block gives MJML that is none.
    """
    compiled = compile_issue(issue=issue)
    return render_for(compiled, sample_values(), compiled.topic_ids if topics is None else topics)


def preview_response(
    issue: IssuePage,
    *,
    text: bool = False,
    pictures: bool = True,
    dark: bool = False,
    topics: Collection[int] | None = None,
) -> HttpResponse:
    """The mail, or its text part, as a response for a frame; faults of the source in place of the mail.

    `dark` shows the rules for dark mode whatever the editor's own system prefers.
    """
    try:
        mail = render_sample(issue, topics)
    except (IssueIncomplete, MjmlError) as error:
        faults = [str(fault) for fault in error.faults] if isinstance(error, MjmlError) else [str(error)]
        response = HttpResponse(render_to_string("admin/issues/faults.html", {"faults": faults}))
    else:
        kind = "text/plain; charset=utf-8" if text else "text/html; charset=utf-8"
        html = mail.html.replace(_DARK, "@media all") if dark else mail.html
        response = HttpResponse(mail.text if text else html, content_type=kind)
    response._csp_config = MAIL_POLICY if pictures else WITHOUT_PICTURES  # type: ignore[attr-defined] # noqa: SLF001 (django-csp's own hook)
    return response
