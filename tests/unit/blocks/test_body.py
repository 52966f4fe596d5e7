"""A whole body: what it asks of the database, its anchors, its text."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile

from content.articles.models import ReportPage
from content.blocks.contents import contents
from content.blocks.library import BodyStreamBlock
from content.blocks.rendering import Destination, render_block
from content.media.models import CourantDocument
from tests.factories.media import ImageFactory
from tests.factories.pages import BlogPageFactory, ReportPageFactory

pytestmark = pytest.mark.django_db


def link(page: object) -> str:
    return f'<p>See <a linktype="page" id="{page.pk}">there</a>.</p>'


def body_of(times: int) -> list[tuple[str, object]]:
    document = CourantDocument.objects.create(title="Report", file=ContentFile(b"%PDF", "report.pdf"))
    blocks: list[tuple[str, object]] = []
    for number in range(times):
        blog, other, image = BlogPageFactory(), BlogPageFactory(), ImageFactory()
        image_value = {
            "image": image, "alt_text": "A board", "decorative": False, "caption": "", "credit": "",
        }  # fmt: skip
        item = {"page": other.page_ptr, "url": "", "title": "", "label": "", "date_text": "", "summary": ""}
        blocks += [
            ("heading", {"text": f"Part {number}"}),
            ("text", link(blog)),
            ("image", image_value),
            ("download", {"document": document, "title": ""}),
            ("button", {"text": "Go", "page": blog.page_ptr, "url": "", "quiet": False}),
            ("further_reading", {"title": "Further reading", "items": [item]}),
            ("callout", {"tone": "note", "title": "", "text": link(other)}),
        ]
    return blocks


@pytest.mark.parametrize("destination", list(Destination))
@pytest.mark.parametrize("times", [1, 6])
def test_a_body_of_every_block_asks_once_a_kind(django_assert_num_queries, destination, times) -> None:
    page = ReportPage.objects.get(pk=ReportPageFactory(body=body_of(times)).pk)
    with django_assert_num_queries(3):  # pages with cards, images, documents
        contents(page.body)
        render_block(page.body, destination)


def test_reading_time_and_rendering_share_what_was_fetched(django_assert_num_queries) -> None:
    page = ReportPage.objects.get(pk=ReportPageFactory(body=body_of(2)).pk)
    with django_assert_num_queries(3):
        assert page.reading_time >= 1
        render_block(page.body, Destination.WEB)


def test_a_body_survives_being_saved_again(db) -> None:
    page = ReportPage.objects.get(pk=ReportPageFactory(body=body_of(1)).pk)
    before = list(page.body.raw_data)
    render_block(page.body, Destination.WEB)
    page.save()
    assert list(ReportPage.objects.get(pk=page.pk).body.raw_data) == before


def test_links_lead_to_pages_by_their_path() -> None:
    blog = BlogPageFactory(slug="a-blog")
    page = ReportPageFactory(body=[("text", link(blog))])
    assert 'href="/blogs/a-blog/"' in render_block(page.body, Destination.WEB)
    assert 'href="http://localhost/blogs/a-blog/"' in render_block(page.body, Destination.MAIL)
    assert "there (http://localhost/blogs/a-blog/)" in render_block(page.body, Destination.TEXT)


def test_a_link_to_a_page_that_is_gone_becomes_its_words() -> None:
    blog = BlogPageFactory()
    page = ReportPageFactory(body=[("text", link(blog))])
    blog.unpublish()
    html = render_block(ReportPage.objects.get(pk=page.pk).body, Destination.WEB)
    assert "there" in html
    assert "<a" not in html


def test_a_card_of_a_hidden_page_is_left_out_of_further_reading() -> None:
    shown, hidden = BlogPageFactory(title="Shown"), BlogPageFactory(title="Hidden")
    items = [
        {"page": page.page_ptr, "url": "", "title": "", "label": "", "date_text": "", "summary": ""}
        for page in (shown, hidden)
    ]
    page = ReportPageFactory(body=[("further_reading", {"title": "More", "items": items})])
    hidden.unpublish()
    html = render_block(ReportPage.objects.get(pk=page.pk).body, Destination.WEB)
    assert "Shown" in html
    assert "Hidden" not in html


def test_equal_headings_get_different_anchors_that_the_contents_list_uses() -> None:
    block = BodyStreamBlock()
    stream = block.to_python(
        [{"type": "heading", "value": {"text": text}} for text in ("Aims", "Aims", "¿?", "Aims 2")]
    )
    entries = contents(stream)
    assert len({entry.anchor for entry in entries}) == 4
    html = render_block(stream, Destination.WEB)
    for entry in entries:
        assert f'id="{entry.anchor}"' in html


def test_numbering_goes_on_across_lists() -> None:
    block = BodyStreamBlock()
    items = [{"title": "One", "text": ""}, {"title": "Two", "text": ""}]
    value = {"title": "Theme", "intro": "", "numbered": True, "start": 4, "items": items}
    stream = block.to_python([{"type": "challenges", "value": value}])
    assert 'start="4"' in render_block(stream, Destination.WEB)
    text = render_block(stream, Destination.TEXT)
    assert "4. One" in text
    assert "5. Two" in text
