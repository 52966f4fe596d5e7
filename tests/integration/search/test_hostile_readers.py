"""Whatever is typed into the search page, on either engine: an answer, and nothing of it as markup."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from search.query import LONGEST_TEXT, MOST_PHRASES, MOST_WORDS
from search.services import sync_outbox
from tests.factories.pages import BlogPageFactory

pytestmark = pytest.mark.django_db

typed = st.text(alphabet=st.characters(codec=None), max_size=60) | st.text('"*:()[]{}^~-+!/\\ abflow_id', max_size=60)


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(text=typed)
@example(text="flow " * 5_000)
@example(text='"flow" ' * 200)
@example(text="\x00flow\x00")
@example(text="\u202eflow\u202c")
@example(text="_id:1 OR title:*")
def test_every_face_of_search_answers_whatever_is_typed(client, site_with_each, monkeypatch, text):
    asked = []
    original = type(site_with_each).search
    monkeypatch.setattr(
        type(site_with_each), "search", lambda self, query: asked.append(query) or original(self, query)
    )
    if not site_with_each.live_generation():
        BlogPageFactory(title="Flow <xss> on wards", summary="<xss> flow")
        sync_outbox()
        site_with_each.refresh()
    for address in ("/search/", "/search/suggestions/", "/search/results.json", "/search/feed/"):
        response = client.get(address, {"q": f"flow {text} <xss>".encode("utf-8", "surrogatepass").decode("latin-1")})
        assert response.status_code in ({200, 400} if address.endswith(".json") else {200}), address
        if response["Content-Type"].startswith("application/json"):
            assert isinstance(json.loads(response.content), dict)
        else:
            assert b"<xss" not in response.content, address
    for query in asked:
        assert len(query.text) <= LONGEST_TEXT
        assert len(query.phrases) <= MOST_PHRASES
        assert len(query.clauses) <= MOST_PHRASES + MOST_WORDS
