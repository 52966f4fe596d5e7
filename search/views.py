"""The public face of search: page, suggestions, feed and API. What is counted says nothing about who asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.feedgenerator import Rss201rev2Feed
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from content.pages.kinds import KINDS, STANDARD
from search.asked import Asked, BadParameter
from search.desk.counting import count_click, count_search
from search.engines import get_engine
from search.engines.base import EngineUnavailable
from search.highlight import without_marks
from search.query import LONGEST_TEXT, Sort, clean_text, words_of
from search.results import TopicTree, known_authors, search_site

if TYPE_CHECKING:
    from django.http import HttpRequest

    from search.results import Result, SearchResults

SUGGESTIONS = 6
SHORTEST_SUGGESTED = 2
FEED_LENGTH = 20


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Answer `/search/?q=&type=&topic=&author=&year=&sort=&page=`.

    An engine that is down is said, with 503, never an error page.
    """
    results = search_site(Asked.from_parameters(request.GET))
    count_search(request=request, results=results)
    response = render(
        request, "pages/search/search.html", {"search": results}, status=200 if results.is_available else 503
    )
    return _with_retry(response, results)


@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """Titles that go on as typed, as JSON, for the combobox; an engine that is down suggests nothing."""
    words = words_of(clean_text(request.GET.get("q", ""), limit=LONGEST_TEXT))
    found: list[dict[str, str]] = []
    if words and len("".join(words)) >= SHORTEST_SUGGESTED:
        try:
            items = get_engine().suggestions(words, at=timezone.now(), limit=SUGGESTIONS)
        except EngineUnavailable:
            items = []
        found = [
            {"title": item.title, "url": item.url, "label": KINDS.get(item.kind, STANDARD).label} for item in items
        ]
    response = JsonResponse({"suggestions": found})
    response["Cache-Control"] = "public, max-age=60"
    return response


@require_safe
def results_json(request: HttpRequest) -> HttpResponse:
    """Answer a search as JSON; a parameter that is not allowed is a 400 that says what is."""
    try:
        asked = Asked.from_program(
            request.GET,
            known_topics=frozenset(TopicTree().by_slug),
            known_authors=known_authors(request.GET.getlist("author")),
        )
    except BadParameter as error:
        return JsonResponse({"error": str(error)}, status=400)
    results = search_site(asked)
    if not results.is_available:
        return _with_retry(JsonResponse({"error": "search is not available at the moment"}, status=503), results)
    return JsonResponse(
        {
            "query": results.query.text,
            "total": results.total,
            "page": results.query.page,
            "pages": results.pages,
            "corrections": {word: list(others) for word, others in results.corrections.items()},
            "some_words_only": results.is_loose,
            "results": [_result_json(result) for result in results.results],
            "facets": {
                facet.name: [
                    {"value": option.value, "label": option.label, "count": option.count} for option in facet.options
                ]
                for facet in results.facets
            },
        }
    )


@csrf_exempt  # a browser's report of a click carries no form's token; it acts for nobody and is signed
@require_POST
def clicked(request: HttpRequest) -> HttpResponse:
    """Take a browser's report that a result was opened; what is wrong with it is not the reader's business."""
    count_click(request=request, token=request.GET.get("c", "")[:1_000])
    return HttpResponse(status=204)


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """Follow a search by RSS: its newest results."""
    asked = Asked.from_parameters(request.GET)
    results = search_site(replace(asked, sort=Sort.NEWEST, page=1), size=FEED_LENGTH)
    if not results.is_available:
        return _with_retry(HttpResponse("Search is not available at the moment.", status=503), results)
    rss = Rss201rev2Feed(
        title=results.name,
        link=urljoin(settings.SITE_URL, "/search/" + asked.address()),
        description="The newest pages that this search finds.",
        language="en-gb",
        feed_url=urljoin(settings.SITE_URL, request.get_full_path()),
    )
    for result in results.results:
        card = result.card
        rss.add_item(
            title=card.title if card else without_marks(result.hit.title),
            link=urljoin(settings.SITE_URL, result.url),
            description=card.summary if card else "",
            unique_id=urljoin(settings.SITE_URL, result.url),
            categories=[result.label],
        )
    return HttpResponse(rss.writeString("utf-8"), content_type=rss.content_type)


def _result_json(result: Result) -> dict[str, Any]:
    card = result.card
    return {
        "title": card.title if card else without_marks(result.hit.title),
        "url": urljoin(settings.SITE_URL, result.url),
        "type": card.kind if card else result.hit.kind,
        "label": result.label,
        "date": card.published_on.isoformat() if card and card.published_on else None,
        "summary": card.summary if card else "",
        "snippet_html": result.snippet,
    }


def _with_retry(response: HttpResponse, results: SearchResults) -> HttpResponse:
    if not results.is_available:
        response["Retry-After"] = "30"
    return response
