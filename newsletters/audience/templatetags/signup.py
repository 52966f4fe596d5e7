"""The sign-up form as a tag, so that lower rooms can show it without importing this one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from newsletters.audience.forms import make_stamp
from newsletters.audience.models import MailingList, Wording
from newsletters.audience.selectors import public_lists
from newsletters.audience.services import sign_up_wording

if TYPE_CHECKING:
    from django.http import HttpRequest

register = template.Library()


@register.inclusion_tag("components/signup.html", takes_context=True)
def signup_form(context: dict[str, Any], mailing_list: MailingList | str | None = None) -> dict[str, Any]:
    """The form for one list (the list or its slug), or for all public lists.

    At most one query for the lists and one for the words a page, however often the form stands on it; nothing is
    written and no cookie is set, so the page stays cacheable.
    """
    request: HttpRequest | None = context.get("request")
    shown = getattr(request, "_audience_signup", None)
    if shown is None:
        wording = sign_up_wording(request)
        shown = {"lists": list(public_lists()), "wording": wording, "digest": Wording.digest_of(wording), "forms": 0}
        if request is not None:
            request._audience_signup = shown  # type: ignore[attr-defined] # noqa: SLF001 (our own note on the request)
    shown["forms"] += 1
    slug = mailing_list.slug if isinstance(mailing_list, MailingList) else mailing_list
    lists = [offered for offered in shown["lists"] if slug in {None, "", offered.slug}]
    return {
        "lists": lists,
        "prefix": f"signup-{shown['forms']}",
        "wording": shown["wording"],
        "wording_digest": shown["digest"],
        "shown": make_stamp(),
    }
