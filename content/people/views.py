"""Public pages of people and organisations. The cards come from the room above through a template tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import get_object_or_404, render

from content.people.models import Profile

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def index(request: HttpRequest) -> HttpResponse:
    """Our own people, by name."""
    return render(request, "pages/people/index.html", {"profiles": Profile.objects.filter(is_staff=True)})


def profile(request: HttpRequest, slug: str) -> HttpResponse:
    """One person or organisation, and what they wrote."""
    found = get_object_or_404(Profile.objects.select_related("portrait"), slug=slug)
    return render(request, "pages/people/profile.html", {"profile": found})
