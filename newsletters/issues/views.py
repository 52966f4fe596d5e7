"""The issue desk: what an editor looks at before an issue goes out, and from where it is sent.

Whether somebody may do a thing is asked of the page's own permissions on every request, and once more on sending.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from content.topics.models import Topic
from newsletters.issues.forms import SendForm, TestSendForm
from newsletters.issues.models import IssuePage
from newsletters.issues.preflight import preflight_issue
from newsletters.issues.previews import preview_response
from newsletters.issues.registry import registry
from newsletters.issues.selectors import issue_draft, recent_issues
from newsletters.issues.services import IssueIncomplete, send_test
from newsletters.mjml import MjmlError
from newsletters.transport.routes import TransportError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from newsletters.issues.preflight import Report

ISSUES_A_PAGE = 30


@require_safe
def issues(request: HttpRequest) -> HttpResponse:
    """The issues this user may edit, the one last worked on first."""
    page = Paginator(recent_issues(), ISSUES_A_PAGE).get_page(request.GET.get("p"))
    rows = [issue for issue in page if issue.permissions_for_user(request.user).can_edit()]
    return render(request, "admin/issues/issues.html", {"issues": rows, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
def desk(request: HttpRequest, issue_id: int) -> HttpResponse:
    """Preflight, previews, the test and the send form; POST asks outside links as well."""
    issue = _editable(request, issue_id)
    report = preflight_issue(issue=issue, ask_outside=request.method == "POST")
    return render(request, "admin/issues/desk.html", _context(request, issue, report))


@require_safe
def mail(request: HttpRequest, issue_id: int) -> HttpResponse:
    """The mail for a frame: `?part=text`, `?pictures=0`, `?dark=1`, `?topics=` (ids with commas; all when left out)."""
    issue = _editable(request, issue_id)
    topics = request.GET.get("topics")
    if topics is not None and not all(number.isdigit() for number in topics.split(",") if number):
        raise Http404
    return preview_response(
        issue,
        text=request.GET.get("part") == "text",
        pictures=request.GET.get("pictures") != "0",
        dark=request.GET.get("dark") == "1",
        topics=None if topics is None else {int(number) for number in topics.split(",") if number},
    )


@require_POST
def test(request: HttpRequest, issue_id: int) -> HttpResponse:
    """Send the mail to one address."""
    issue = _editable(request, issue_id)
    form = TestSendForm(request.POST)
    if form.is_valid():
        name = request.user.get_full_name() if request.user.is_authenticated else ""
        try:
            send_test(issue=issue, address=form.cleaned_data["address"], name=name, at=timezone.now())
        except (IssueIncomplete, MjmlError) as error:
            messages.error(request, f"The test was not sent. {error}")
        except TransportError as error:
            messages.error(request, f"The relay did not take the test ({error}). Try again, or look at its log.")
        else:
            messages.success(request, f"A test is on its way to {form.cleaned_data['address']}.")
    else:
        messages.error(request, "The test was not sent: enter one address, such as you@example.org.")
    return redirect("issues:desk", issue_id)


@require_POST
def send(request: HttpRequest, issue_id: int) -> HttpResponse:
    """Hand the issue over to delivery, after checking everything again."""
    issue = _editable(request, issue_id)
    if not issue.permissions_for_user(request.user).can_publish():
        raise PermissionDenied
    form = SendForm(request.POST)
    report = preflight_issue(issue=issue)
    refusal = _refusal(form, report)
    if refusal or registry.send_hook is None or report.compiled is None:
        messages.error(request, f"The issue was not sent. {refusal or 'Sending is not installed here.'}")
        return redirect("issues:desk", issue_id)
    try:
        with transaction.atomic():
            mailing = registry.send_hook(
                issue=issue, compiled=report.compiled, at=form.cleaned_data["at"], by=request.user
            )
    except ValueError as error:
        messages.error(request, f"The issue was not sent. {error}")
        return redirect("issues:desk", issue_id)
    messages.success(request, f"{mailing.label}: {mailing.state}.")
    return redirect(mailing.url or "issues:desk", *([] if mailing.url else [issue_id]))


def _refusal(form: SendForm, report: Report) -> str:
    """Why the issue cannot go out, in words; "" when it can."""
    if not form.is_valid():
        return " ".join(str(message) for errors in form.errors.values() for message in errors)
    if not report.passes or report.compiled is None:
        return f"Preflight finds {len(report.errors)} to put right first."
    if form.cleaned_data["content_hash"] != report.compiled.content_hash:
        return "It is not what you were looking at: the issue, or a page it shows, has changed. Look at it again."
    return ""


def _editable(request: HttpRequest, issue_id: int) -> IssuePage:
    """The issue as it was last saved, for a user who may edit it.

    Raises:
        PermissionDenied: this user may not.
        Http404: there is none.
    """
    issue = get_object_or_404(IssuePage, pk=issue_id)
    if not issue.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    return issue_draft(issue)


def _context(request: HttpRequest, issue: IssuePage, report: Report) -> dict[str, Any]:
    compiled = report.compiled
    may_send = issue.permissions_for_user(request.user).can_publish()
    reasons = []
    if not may_send:
        reasons.append("You may edit this issue but not publish it; ask somebody who may.")
    if not report.passes:
        reasons.append("Preflight finds errors; see above.")
    if registry.send_hook is None:
        reasons.append("Sending is not installed here.")
    address = request.user.email if request.user.is_authenticated else ""
    return {
        "issue": issue,
        "report": report,
        "compiled": compiled,
        "blocks": sorted(compiled.blocks, key=lambda cost: -cost.size) if compiled else [],
        "topics": Topic.objects.filter(pk__in=compiled.topic_ids) if compiled else [],
        "reasons": reasons,
        "test_form": TestSendForm(initial={"address": address}),
        "send_form": SendForm(initial={"content_hash": compiled.content_hash if compiled else ""}),
        "mailings": registry.mailings_hook(issue=issue) if registry.mailings_hook else [],
        "asked_outside": request.method == "POST",
    }
