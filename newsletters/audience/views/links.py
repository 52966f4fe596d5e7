"""The pages behind signed links.

They are exempt from CSRF tokens: the secret is in the address, and whoever could forge the request would have to
know it. They set no cookie, are never stored, and tell no other site their address. A GET changes nothing, because
mail scanners and previews fetch every link of a mail; each page therefore shows a button.
"""

from __future__ import annotations

from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from newsletters.audience.forms import PreferencesForm
from newsletters.audience.links import (
    TokenExpired,
    TokenInvalid,
    read_confirmation,
    read_preferences,
    read_unsubscribe,
    sign_preferences,
)
from newsletters.audience.models import MailingList, OutgoingMail, State, Subscriber, Subscription, Wording
from newsletters.audience.origins import page_address
from newsletters.audience.services import (
    change_preferences,
    confirm_subscription,
    erase_subscriber,
    export_subscriber,
    queue_mail,
    record_wording,
    renew_confirmation,
    sign_up_wording,
    undo_unsubscription,
    unsubscribe_from_all,
)
from newsletters.audience.services import unsubscribe as end_by_link

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.http import HttpRequest

    View = Callable[..., HttpResponse]

ONE_CLICK = "One-Click"
# Mails are forwarded, and the link to the preferences with them. What gives the data away, or cannot be undone,
# wants a link that was asked for lately, which only the mailbox's owner can have.
FRESH_FOR = timedelta(hours=24)


def private(view: View) -> View:
    """Mark a page as one person's own: not stored, not indexed, its address told to nobody."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        response["Referrer-Policy"] = "same-origin"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return csrf_exempt(never_cache(require_http_methods(["GET", "HEAD", "POST"])(wrapped)))


@private
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm a subscription: GET shows the button, POST confirms, a link too old offers a new one."""
    now = timezone.now()
    try:
        if request.method == "POST" and request.POST.get("action") == "renew":
            return _renew(request, token, now)
        if request.method == "POST":
            subscriber = confirm_subscription(token=token, at=now, page_address=page_address(request))
            return render(request, "pages/audience/confirmed.html", _person(subscriber, now, fresh=True))
        confirmation = read_confirmation(token, at=now)
    except TokenExpired:
        return render(request, "pages/audience/confirm_expired.html", status=410)
    except TokenInvalid:
        return _not_ours(request)
    lists = MailingList.objects.open().filter(pk__in=confirmation.mailing_lists)
    return render(request, "pages/audience/confirm.html", {"lists": lists})


@private
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Leave one list. Any POST ends the subscription, `List-Unsubscribe=One-Click` (RFC 8058 §3.2) without a page.

    The answer to one-click is 200 and no redirect: the mail provider's machine follows none.
    """
    now = timezone.now()
    try:
        link = read_unsubscribe(token)
        if request.method == "POST" and request.POST.get("action") == "undo":
            undone = undo_unsubscription(token=token, at=now, page_address=page_address(request))
            return _left_page(request, link.subscriber, link.mailing_list, now, undone=undone, refused=not undone)
        if request.method == "POST":
            one_click = request.POST.get("List-Unsubscribe") == ONE_CLICK
            end_by_link(token=token, at=now, page_address="one-click" if one_click else page_address(request))
            if one_click:
                return HttpResponse("You have been unsubscribed.\n", content_type="text/plain; charset=utf-8")
            return _left_page(request, link.subscriber, link.mailing_list, now, left=True)
    except TokenInvalid:
        return _not_ours(request)
    return _left_page(request, link.subscriber, link.mailing_list, now)


@private
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """The preference centre: name, lists, topics, frequency; leave everything; a copy of the data; erasure."""
    now = timezone.now()
    try:
        access = read_preferences(token)
    except TokenInvalid:
        return _not_ours(request)
    subscriber = Subscriber.objects.filter(public_id=access.subscriber).first()
    if subscriber is None:
        return _not_ours(request)
    if request.method == "POST":
        return _act(request, subscriber, token, now, is_fresh=now - access.issued_at <= FRESH_FOR)
    return _preferences_page(request, subscriber, PreferencesForm(subscriber=subscriber))


def _act(request: HttpRequest, subscriber: Subscriber, token: str, now: datetime, *, is_fresh: bool) -> HttpResponse:
    """Do what the button says."""
    action = request.POST.get("action", "save")
    if action in {"export", "erase"} and not is_fresh:
        queue_mail(kind=OutgoingMail.Kind.PREFERENCES, subscriber=subscriber, at=now)
        return redirect("audience:sent")
    if action == "export":
        return _export(subscriber)
    if action == "erase":
        return _erase(request, subscriber, token, now)
    if action == "leave":
        unsubscribe_from_all(subscriber=subscriber, at=now, page_address=page_address(request))
        return redirect(f"{request.path}?done=left")
    return _save(request, subscriber, now)


def _renew(request: HttpRequest, token: str, now: datetime) -> HttpResponse:
    renew_confirmation(token=token, at=now, page_address=page_address(request))
    return redirect("audience:sent")


def _left_page(  # noqa: PLR0913 (one page, its states)
    request: HttpRequest,
    public_id: Any,
    list_id: int,
    now: datetime,
    *,
    left: bool = False,
    undone: bool = False,
    refused: bool = False,
) -> HttpResponse:
    subscription = (
        Subscription.objects.filter(subscriber__public_id=public_id, mailing_list=list_id)
        .select_related("mailing_list", "subscriber")
        .first()
    )
    context = {
        "mailing_list": MailingList.objects.filter(pk=list_id).first(),
        "is_subscribed": subscription is not None and subscription.state in {State.ACTIVE, State.PENDING},
        "left": left,
        "undone": undone,
        "refused": refused,
        **(_person(subscription.subscriber, now) if subscription is not None else {}),
    }
    return render(request, "pages/audience/unsubscribe.html", context)


def _save(request: HttpRequest, subscriber: Subscriber, now: datetime) -> HttpResponse:
    form = PreferencesForm(request.POST, subscriber=subscriber)
    if not form.is_valid():
        return _preferences_page(request, subscriber, form, status=422)
    shown = sign_up_wording(request)
    if form.cleaned_data["wording"] != Wording.digest_of(shown):
        known = Wording.objects.filter(kind=Wording.Kind.PREFERENCES, digest=form.cleaned_data["wording"]).first()
        if known is None:
            return _preferences_page(request, subscriber, form, status=422)
        wording = known
    else:
        wording = record_wording(kind=Wording.Kind.PREFERENCES, text=shown)
    change_preferences(
        subscriber=subscriber,
        name=form.cleaned_data["name"],
        frequency=form.cleaned_data["frequency"],
        topics=list(form.cleaned_data["topics"]),
        mailing_lists=list(form.cleaned_data["lists"]),
        wording=wording,
        at=now,
        page_address=page_address(request),
    )
    return redirect(f"{request.path}?done=saved")


def _preferences_page(
    request: HttpRequest, subscriber: Subscriber, form: PreferencesForm, *, status: int = 200
) -> HttpResponse:
    wording = sign_up_wording(request)
    context = {
        "form": form,
        "subscriber": subscriber,
        "wording": wording,
        "wording_digest": Wording.digest_of(wording),
        "done": request.GET.get("done", ""),
    }
    return render(request, "pages/audience/preferences.html", context, status=status)


def _export(subscriber: Subscriber) -> HttpResponse:
    response = JsonResponse(export_subscriber(subscriber=subscriber), json_dumps_params={"indent": 2})
    response["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


def _erase(request: HttpRequest, subscriber: Subscriber, token: str, now: datetime) -> HttpResponse:
    if request.POST.get("sure") != "yes":
        context = {"preferences": reverse("audience:preferences", args=[token])}
        return render(request, "pages/audience/erase.html", context)
    erase_subscriber(subscriber=subscriber, at=now, page_address=page_address(request))
    return render(request, "pages/audience/erased.html")


def _person(subscriber: Subscriber, now: datetime, *, fresh: bool = False) -> dict[str, Any]:
    """What the pages after confirming and leaving show.

    Their link to the preferences is `fresh` only where the one that led here is: an unsubscribe link may stand in an
    old mail that has been forwarded.
    """
    at = now if fresh else now - FRESH_FOR - timedelta(minutes=1)
    token = sign_preferences(subscriber=subscriber.public_id, at=at)
    return {"subscriber": subscriber, "preferences": reverse("audience:preferences", args=[token])}


def _not_ours(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/audience/not_ours.html", status=404)
