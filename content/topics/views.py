"""Public pages of topics. The cards come from the room above through a template tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import get_object_or_404, render

from content.topics import selectors
from content.topics.models import Topic

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def index(request: HttpRequest) -> HttpResponse:
    """All topics, by name, each below the top one it belongs to."""
    return render(request, "pages/topics/index.html", {"tree": selectors.topic_tree()})


def topic(request: HttpRequest, slug: str) -> HttpResponse:
    """One topic: its summary, its subtopics, and what is about it."""
    found = get_object_or_404(Topic.objects.select_related("parent"), slug=slug)
    return render(request, "pages/topics/topic.html", {"topic": found, "children": found.children.all()})
