"""The forms that anybody may send: they answer alike whether an address is known or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from newsletters.audience.forms import AddressForm, SignUpForm, TooQuick, check_stamp, make_stamp
from newsletters.audience.models import Wording
from newsletters.audience.origins import is_same_origin, page_address
from newsletters.audience.rates import HOUR, may_use_form
from newsletters.audience.selectors import public_lists
from newsletters.audience.services import (
    record_wording,
    request_preferences_link,
    request_subscription,
    sign_up_wording,
)

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

ELSEWHERE = "This form was sent from another site. Please send it from here."
ONCE_MORE = "Please press the button once more, so that we know you are not a script."
WORDS_CHANGED = "The words above the button have changed since you opened the page. Please read them and send again."


@csrf_exempt  # see newsletters.audience.origins
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest) -> HttpResponse:
    """The sign-up form on a page of its own, and where every sign-up form of the site is sent to."""
    if request.method != "POST":
        chosen = request.GET.getlist("list")
        return _sign_up_page(request, SignUpForm(lists=public_lists(), initial={"lists": chosen}))
    form = SignUpForm(request.POST, lists=public_lists())
    refused = _refusal(request, form, name="sign-up") or _stamp_refusal(request, form)
    if refused is not None:
        return refused
    shown = _shown_wording(request, digest=form.cleaned_data["wording"]) if form.is_valid() else None
    if shown is None:
        return _sign_up_page(request, form, notice="" if form.errors else WORDS_CHANGED, status=422)
    request_subscription(
        address=form.cleaned_data["email"],
        mailing_lists=list(form.cleaned_data["lists"]),
        wording=shown,
        at=timezone.now(),
        page_address=page_address(request),
        name=form.cleaned_data["name"],
    )
    return redirect("audience:sent")


@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """What everybody sees after sending a form: look into your mailbox."""
    return render(request, "pages/audience/sent.html")


@csrf_exempt  # see newsletters.audience.origins
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask_for_link(request: HttpRequest) -> HttpResponse:
    """Have the link to one's preferences sent; the answer is the same for an unknown address."""
    if request.method != "POST":
        return _link_page(request, AddressForm())
    form = AddressForm(request.POST)
    refused = _refusal(request, form, name="preferences")
    if refused is not None:
        return refused
    if not form.is_valid():
        return _link_page(request, form, status=422)
    request_preferences_link(canonical=form.cleaned_data["email"].canonical, at=timezone.now())
    return redirect("audience:sent")


def too_many(request: HttpRequest) -> HttpResponse:
    """Say that the form was used too often, and for how long (RFC 6585 §4)."""
    response = render(request, "pages/audience/too_many.html", status=429)
    response["Retry-After"] = str(HOUR)
    return response


def _refusal(request: HttpRequest, form: AddressForm, *, name: str) -> HttpResponse | None:
    """What both forms answer to scripts, to other sites, and to one visitor too many times."""
    if form.is_bait_taken:
        return redirect("audience:sent")
    if not is_same_origin(request):
        page = _sign_up_page if isinstance(form, SignUpForm) else _link_page
        return page(request, form, notice=ELSEWHERE, status=403)
    return None if may_use_form(request, form=name) else too_many(request)


def _stamp_refusal(request: HttpRequest, form: SignUpForm) -> HttpResponse | None:
    """Whoever was too quick sees the form again, filled in: a person presses the button, a script goes away."""
    try:
        check_stamp(request.POST.get("shown", ""))
    except TooQuick:
        return _sign_up_page(request, form, notice=ONCE_MORE, status=422)
    return None


def _sign_up_page(request: HttpRequest, form: AddressForm, *, notice: str = "", status: int = 200) -> HttpResponse:
    wording = sign_up_wording(request)
    context = {
        "form": form,
        "lists": public_lists(),
        "chosen": _chosen_slugs(form),
        "wording": wording,
        "wording_digest": Wording.digest_of(wording),
        "shown": make_stamp(),
        "notice": notice,
    }
    return render(request, "pages/audience/subscribe.html", context, status=status)


def _link_page(request: HttpRequest, form: AddressForm, *, notice: str = "", status: int = 200) -> HttpResponse:
    return render(request, "pages/audience/ask_for_link.html", {"form": form, "notice": notice}, status=status)


def _chosen_slugs(form: AddressForm) -> list[str]:
    """The lists that are ticked when the form is shown: the person's own, or the only one there is."""
    chosen = form["lists"].value() or []
    return [str(value) for value in chosen]


def _shown_wording(request: HttpRequest, *, digest: str) -> Wording | None:
    """The wording the person had before their eyes: today's, or an earlier one that a cached page still shows."""
    text = sign_up_wording(request)
    if digest == Wording.digest_of(text):
        return record_wording(kind=Wording.Kind.SIGN_UP, text=text)
    found: Wording | None = Wording.objects.filter(kind=Wording.Kind.SIGN_UP, digest=digest).first()
    return found
