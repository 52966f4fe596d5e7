"""A small content folder of the demo's shape, to be spoilt by the tests."""

from __future__ import annotations

import textwrap
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from courant.demo.services import load_demo

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable
    from pathlib import Path

NOW = datetime(2026, 11, 23, 10, 30, tzinfo=ZoneInfo("Europe/London"))  # a Monday

FILES = {
    "topics.yaml": "- {slug: safety, name: Safety, summary: Words.}\n",
    "people.yaml": "- {slug: ada, name: Ada, biography: Words.}\n",
    "images.yaml": "- {slug: chart, drawing: run_chart, title: A chart, description: Dots about a line.}\n",
    "documents.yaml": "- {slug: card, title: A card, subtitle: Below, paragraphs: [Words.]}\n",
    "lists.yaml": "- {slug: round, name: Round, purpose: To send the newsletter.}\n",
    "subscribers.yaml": "- {email: a@example.org, name: A, lists: {round: active}, since: 2 days ago}\n",
    "organisation.yaml": """
        name: Small Institute
        tagline: T
        legal_line: L
        postal_address: Somewhere
        contact_email: hello@example.org
        social: {heading: S, follow_text: F, follow_url: "https://example.org/f", post: P,
                 post_url: "https://example.org/p", stale_days: 30, posted: 3 days ago}
        work: {heading: W, text: "{count} roles are open.", text_empty: None., link_text: View, page: /vacancies/}
        community: {heading: C, text: T, link_text: Find, page: /community/}
        menu: [{label: Blogs, page: /blogs/}]
        footer: [{label: One, page: /blogs/one/}]
        """,
    "pages/blogs/one.md": """
        ---
        type: blog
        title: Ada's first
        summary: One.
        published: Tuesday 2 weeks ago
        authors: [ada]
        topics: [safety]
        ---
        It's a text with a [link](/events/two/) and *emphasis*.

        ## A heading

        ```quote
        text: Well said.
        name: Somebody
        ```
        """,
    "pages/events/two.md": """
        ---
        type: event
        title: Two
        summary: Two.
        announced: 3 weeks ago
        starts: Thursday in 2 weeks at 12:30
        ends: "13:30"
        ---
        More about [the first](/blogs/one/).
        """,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
    return tmp_path


@pytest.fixture
def load(folder: Path, db: None) -> Callable[..., Counter[str]]:
    def run(**options: object) -> Counter[str]:
        return load_demo(**{"say": str, "now": NOW, "folder": folder, **options})

    return run
