"""Pages to read the mail that the built-in mailbox kept. They read files and no table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from courant.mailbox.storage import Mailbox, StoredMessage

if TYPE_CHECKING:
    from django.http import HttpRequest

MESSAGES_A_PAGE = 25
TABS = (("html", "Mail"), ("text", "Text"), ("source", "Source"), ("headers", "Headers"))
HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)


@require_GET
def message_list(request: HttpRequest) -> HttpResponse:
    """List the messages, newest first, of everybody or of those whose address has what was asked for."""
    recipient = request.GET.get("recipient", "").strip()[:254]
    mailbox = Mailbox(settings.MAILBOX_ROOT)
    # Names alone, so that a page of 25 among thousands opens 25 files.
    names = [message.name for message in mailbox.messages(recipient=recipient)] if recipient else mailbox.names()
    page = Paginator(names, MESSAGES_A_PAGE).get_page(request.GET.get("page"))
    messages = [message for name in page if (message := mailbox.find(name))]
    context = {"page_of_names": page, "messages": messages, "recipient": recipient}
    return render(request, "mailbox/list.html", context)


@require_POST
def delete_all(_request: HttpRequest) -> HttpResponse:
    """Delete every message."""
    Mailbox(settings.MAILBOX_ROOT).delete_all()
    return HttpResponseRedirect(reverse("mailbox:list"))


@require_GET
def message_html(request: HttpRequest, name: str) -> HttpResponse:
    """Show a message as a mail program does, in a frame that can do nothing."""
    return _tab(request, name, "html")


@require_GET
def message_text(request: HttpRequest, name: str) -> HttpResponse:
    """Show the plain-text part."""
    return _tab(request, name, "text")


@require_GET
def message_source(request: HttpRequest, name: str) -> HttpResponse:
    """Show what was received, to the byte, as far as it is text."""
    return _tab(request, name, "source")


@require_GET
def message_headers(request: HttpRequest, name: str) -> HttpResponse:
    """Show the envelope and every header."""
    return _tab(request, name, "headers")


@require_GET
def message_frame(_request: HttpRequest, name: str) -> HttpResponse:
    """Return a message's HTML under a policy of its own: styles and our own pictures, no script, no form, no frame.

    Links open in a new tab, since the frame itself may not be left.
    """
    html = _message(name).html
    base = '<base target="_blank">'
    response = HttpResponse(HEAD.sub(lambda head: head[0] + base, html, count=1) if HEAD.search(html) else base + html)
    site = urlsplit(settings.SITE_URL)
    response._csp_config = {  # type: ignore[attr-defined] # noqa: SLF001 (django-csp's own hook)
        "default-src": [NONE],
        "img-src": [SELF, f"{site.scheme}://{site.netloc}", "data:"],
        "style-src": [UNSAFE_INLINE],
        "frame-ancestors": [SELF],
        "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
    }
    return response


def _tab(request: HttpRequest, name: str, tab: str) -> HttpResponse:
    message = _message(name)
    context = {
        "message": message,
        "tab": tab,
        "tabs": [(key, label, reverse(f"mailbox:{key}", args=[name])) for key, label in TABS],
        "source": message.raw.decode(errors="replace") if tab == "source" else "",
        "headers": message.parsed.items() if tab == "headers" else (),
    }
    return render(request, "mailbox/message.html", context)


def _message(name: str) -> StoredMessage:
    message = Mailbox(settings.MAILBOX_ROOT).find(name)
    if message is None:
        raise Http404("There is no such message; it may have been deleted.")
    return message
