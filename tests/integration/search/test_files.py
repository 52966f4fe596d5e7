"""PDFs: read under limits, found with the page of the hit, and only where a published page links to them."""

from __future__ import annotations

import io

import pytest
from django.core.files.base import ContentFile
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfWriter
from wagtail.documents import get_document_model
from wagtail.models import Collection, CollectionViewRestriction, PageViewRestriction

from search import pdf
from search.asked import Asked
from search.files import body_of, page_of_hit, read_files
from search.models import FileText
from search.pdf import extract_text
from search.query import MARK_END, MARK_START, clean_text
from search.results import search_site
from search.services import measure_drift, rebuild_index, sync_outbox
from tests.factories.pages import BlogPageFactory


def pdf_of(*pages: str, password: str = "") -> bytes:
    """A PDF with these texts, one a page, as plain as the format allows."""
    objects = [b"", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for text in pages:
        said = text.replace("\\", "").replace("(", "").replace(")", "")
        stream = f"BT /F1 12 Tf 20 700 Td ({said}) Tj ET".encode("latin-1")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        content = len(objects)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % content
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    out, places = io.BytesIO(b"%PDF-1.4\n"), []
    out.seek(0, 2)
    for number, said in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, said))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    if password:
        writer = PdfWriter(clone_from=io.BytesIO(out.getvalue()))
        writer.encrypt(password, algorithm="RC4-128")
        out = io.BytesIO()
        writer.write(out)
    return out.getvalue()


THREE = ("About this report", "Nothing here", "Sepsis is treated with antibiotics within an hour of arrival")


def test_the_pages_of_a_pdf_are_read_in_order(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_of(*THREE))
    found = extract_text(path)
    assert [clean_text(text) for text in found.pages] == list(THREE)
    assert found.problem == ""


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "could be read only to page 0"),
        (b"%PDF-1.4 and nothing more", "could be read only to page 0"),
        (b"PK\x03\x04 a spreadsheet", "could be read only to page 0"),
        (pdf_of(""), "holds no text"),
        (pdf_of("secret", password="s3cret"), "protected by a password"),
    ],
)
def test_a_pdf_that_cannot_be_read_says_why(tmp_path, content, problem):
    path = tmp_path / "a.pdf"
    path.write_bytes(content)
    assert problem in extract_text(path).problem


def test_a_pdf_too_large_too_slow_or_too_hungry_ends_its_reader_only(tmp_path, monkeypatch):
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_of("word"))
    with monkeypatch.context() as patch:
        patch.setattr(pdf, "MOST_BYTES", 10)
        assert "larger than" in extract_text(path).problem
    with monkeypatch.context() as patch:
        patch.setattr(pdf, "SECONDS", 0.001)
        assert "took longer" in extract_text(path).problem
    monkeypatch.setattr(pdf.sys, "executable", "/bin/false")
    assert "could not be read" in extract_text(path).problem


def test_a_pdf_of_very_many_pages_is_read_to_a_limit(tmp_path, monkeypatch):
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_of("one", "two", "three"))
    monkeypatch.setattr(pdf, "MOST_PAGES", 2)
    found = pdf.read(str(path))
    assert len(found.pages) == 2
    assert "first 2 pages" in found.problem


WORDS = st.lists(st.sampled_from(["sepsis", "ward", "bed", "nurse", "lactate"]), max_size=12).map(" ".join)


@given(st.lists(WORDS, min_size=1, max_size=6), st.data())
def test_the_page_of_a_hit_is_the_page_of_its_first_marked_word(pages, data):
    unique = [f"{text} page{number}unique".strip() if text else "" for number, text in enumerate(pages, start=1)]
    body = body_of(unique)
    filled = [number for number, text in enumerate(unique, start=1) if text]
    if not filled:
        assert page_of_hit(unique, f"{MARK_START}sepsis{MARK_END}") == 0
        return
    number = data.draw(st.sampled_from(filled))
    word = f"page{number}unique"
    start = body.index(word)
    before = body[:start][-20:].lstrip()
    snippet = f"…{before}{MARK_START}{word}{MARK_END}{body[start + len(word) :][:30]}…"
    assert page_of_hit(unique, snippet) == number


@pytest.fixture
def linked(site_with_search, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    file = get_document_model().objects.create(title="Annual review", file=ContentFile(pdf_of(*THREE), "review.pdf"))
    page = BlogPageFactory(title="Read our review", body=[("download", {"document": file, "title": "Review"})])
    rebuild_index()
    read_files()
    sync_outbox()
    return file, page


def hits(text):
    return [result for result in search_site(Asked(text=text)).results if result.hit.key.startswith("file:")]


@pytest.mark.django_db
def test_a_linked_pdf_is_found_with_the_page_of_the_hit(linked, client):
    (result,) = hits("antibiotics")
    assert result.page_of_file == 3
    assert result.url.endswith("#page=3")
    answer = client.get("/search/", {"q": "antibiotics"}).content.decode()
    assert "PDF file, page 3" in answer
    assert read_files() == 0
    assert measure_drift().keys == ()


@pytest.mark.django_db
def test_a_file_in_the_library_that_no_published_page_links_to_is_nobodys_business(linked):
    _, page = linked
    get_document_model().objects.create(title="Embargoed", file=ContentFile(pdf_of("Sepsis embargoed"), "next.pdf"))
    assert read_files() == 0
    page.unpublish()
    assert hits("antibiotics") == []
    sync_outbox()
    assert measure_drift().keys == ()


@pytest.mark.django_db
def test_a_closed_page_or_collection_closes_its_files(linked):
    _, page = linked
    restriction = PageViewRestriction.objects.create(page=page, restriction_type="login")
    assert hits("antibiotics") == []
    sync_outbox()
    restriction.delete()
    sync_outbox()
    assert len(hits("antibiotics")) == 1
    CollectionViewRestriction.objects.create(collection=Collection.get_first_root_node(), restriction_type="login")
    assert hits("antibiotics") == []


@pytest.mark.django_db
def test_a_replaced_file_is_read_again_and_a_missing_one_is_told(linked):
    file, _ = linked
    file.file.save("other.pdf", ContentFile(pdf_of("Xylophones")))
    assert read_files() == 1
    sync_outbox()
    assert hits("antibiotics") == []
    assert len(hits("xylophones")) == 1
    file.file.storage.delete(file.file.name)
    FileText.objects.all().delete()
    assert read_files() == 1
    assert FileText.objects.get().problem == "the file is not there"
