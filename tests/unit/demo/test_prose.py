from __future__ import annotations

import pytest

from courant.demo.prose import checked_url, rich_text

PAGES = {"/blogs/one/": 7, "/topics/safety/": None}


def page_id(path: str) -> int | None:
    if path not in PAGES:
        raise ValueError(f"{path!r} is no address")
    return PAGES[path]


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("One *two* **three**.", "<p>One <i>two</i> <b>three</b>.</p>"),
        ("- one\n- two", "<ul><li>one</li><li>two</li></ul>"),
        ("1. one\n2. two", "<ol><li>one</li><li>two</li></ol>"),
        ("### Smaller\n\nText", "<h3>Smaller</h3><p>Text</p>"),
        ("x^2^ & y", "<p>x<sup>2</sup> &amp; y</p>"),
        ("broken\nline", "<p>broken line</p>"),
        ("[one](/blogs/one/)", '<p><a linktype="page" id="7">one</a></p>'),
        ("[safety](/topics/safety/)", '<p><a href="/topics/safety/">safety</a></p>'),
        ("[write](mailto:a@example.org)", '<p><a href="mailto:a@example.org">write</a></p>'),
        ("[out](https://example.org/x?a=1&b=2)", '<p><a href="https://example.org/x?a=1&amp;b=2">out</a></p>'),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
    ],
)
def test_markdown_becomes_the_html_that_rich_text_stores(markdown: str, html: str) -> None:
    assert rich_text(markdown, page_id) == html


@pytest.mark.parametrize(
    ("markdown", "reason"),
    [
        ("[gone](/blogs/gone/)", "no address"),
        ("[out](https://example.net/)", "leads outside"),
        ("[out](http://example.org/)", "leads outside"),
        ("[write](mailto:a@example.net)", "example.org"),
        ("# Title", "heading block"),
    ],
)
def test_what_a_text_may_not_hold_is_refused(markdown: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        rich_text(markdown, page_id)


def test_a_host_that_only_looks_like_ours_is_outside() -> None:
    with pytest.raises(ValueError, match="leads outside"):
        checked_url("https://example.org.evil.example/")
