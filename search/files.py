"""Files that readers can find: PDFs that a published page links to, with the page of the file on which a hit stands."""

from __future__ import annotations

import re
import tempfile
from bisect import bisect_right
from itertools import accumulate
from pathlib import Path
from shutil import copyfileobj
from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import BigIntegerField, CharField
from django.db.models.functions import Cast
from wagtail.documents import get_document_model
from wagtail.models import CollectionViewRestriction, Page, PageViewRestriction, ReferenceIndex

from content.pages import kinds
from content.pages.documents import Document
from content.pages.registry import DocumentSource
from search.models import FileText
from search.pdf import MOST_BYTES, extract_text
from search.query import MARK_END, MARK_START, clean_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.db.models import QuerySet

PREFIX = "file"
SUFFIX = ".pdf"
CHUNK = 1_000
# Shorter pieces of a snippet stand on many pages.
SHORTEST_PIECE = 12


def linked_files() -> Any:
    """PDFs that readers may find: a live, public page links to them, and their collection is open.

    A file that is only in the library is nobody's business yet: it may be tomorrow's report.
    """
    model = get_document_model()
    pages = Page.objects.live().public().annotate(number=Cast("pk", CharField()))
    links = _links_of_pages(pages.values("number")).annotate(number=Cast("to_object_id", BigIntegerField()))
    closed: list[int] = []
    for restriction in CollectionViewRestriction.objects.select_related("collection"):
        closed += restriction.collection.get_descendants(inclusive=True).values_list("pk", flat=True)
    return model.objects.filter(pk__in=links.values("number"), file__iendswith=SUFFIX).exclude(collection_id__in=closed)


def file_ids() -> Iterator[int]:
    """Every findable file whose text has been read."""
    yield from linked_files().filter(search_text__isnull=False).order_by("pk").values_list("pk", flat=True)


def file_documents(ids: list[int]) -> list[Document]:
    """The documents of those of the files that readers may find."""
    return [
        Document(
            key=f"{PREFIX}:{file.pk}",
            kind=kinds.FILE.key,
            title=file.title,
            url=file.url,
            body=body_of(file.search_text.pages),
            published_on=file.created_at.date(),
            related=False,
        )
        for file in linked_files().filter(pk__in=ids, search_text__isnull=False).select_related("search_text")
    ]


def body_of(pages: Sequence[str]) -> str:
    """The pages as one text, as it is indexed."""
    return " ".join(filter(None, pages))


def page_of_hit(pages: Sequence[str], snippet: str) -> int:
    """Return the page, from 1, on which the first marked word of a snippet stands; 0 where it cannot be told."""
    starts = list(accumulate((len(text) + 1 if text else 0 for text in pages), initial=0))[:-1]
    body = body_of(pages)
    for piece in re.split("…", snippet):
        marked = piece.find(MARK_START)
        plain = piece.replace(MARK_START, "").replace(MARK_END, "").rstrip()
        offset = len(plain) - len(plain.lstrip())
        place = body.find(plain.strip()) if marked >= 0 and len(plain) >= SHORTEST_PIECE else -1
        if place >= 0:
            return bisect_right(starts, place + max(marked - offset, 0))
    return 0


def read_files(*, most: int = 10) -> int:
    """Read the text of linked PDFs that have none yet, or whose file has changed; returns how many were read."""
    done = 0
    for file in linked_files().select_related("search_text").order_by("-pk").iterator(chunk_size=CHUNK):
        held = getattr(file, "search_text", None)
        if held is not None and held.of_file == file.file.name:
            continue
        read_file(file=file)
        done += 1
        if done == most:
            break
    return done


def read_file(*, file: Any) -> FileText:
    """Read one file's text and keep it; a file that cannot be read is kept with the reason, and found by its title."""
    with tempfile.NamedTemporaryFile(prefix="courant-pdf-", suffix=SUFFIX) as copy:
        try:
            with file.file.open("rb") as source:
                if file.file.size <= MOST_BYTES:
                    copyfileobj(source, copy)
                else:
                    copy.truncate(file.file.size)
        except OSError:
            found_pages, problem = [], "the file is not there"
        else:
            copy.flush()
            found = extract_text(Path(copy.name))
            found_pages, problem = [clean_text(text) for text in found.pages], found.problem
    text, _ = FileText.objects.update_or_create(
        document=file, defaults={"of_file": file.file.name, "pages": found_pages, "problem": problem}
    )
    return text


def files_changed_by_text(text: FileText) -> list[int]:
    """The file it is the text of."""
    return [text.document_id]


def files_changed_by_file(file: Any) -> list[int]:
    """The file, when its title changes."""
    return [file.pk] if str(file.file).lower().endswith(SUFFIX) else []


def files_changed_by_page(page: Page) -> list[int]:
    """The files that a page links to, as known before this save; a link that is new is found when files are read."""
    return _numbers(_links_of_pages([str(page.pk)]))


def files_changed_by_restriction(restriction: PageViewRestriction) -> list[int]:
    """The files that the pages of a subtree link to, when it has just been closed to readers, or opened."""
    below = Page.objects.filter(path__startswith=restriction.page.path).annotate(number=Cast("pk", CharField()))
    return _numbers(_links_of_pages(below.values("number")))


def _links_of_pages(numbers: Any) -> QuerySet[ReferenceIndex]:
    return ReferenceIndex.objects.filter(
        base_content_type=ContentType.objects.get_for_model(Page),
        object_id__in=numbers,
        to_content_type=ContentType.objects.get_for_model(get_document_model()),
    )


def _numbers(links: QuerySet[ReferenceIndex]) -> list[int]:
    return [int(number) for number in links.values_list("to_object_id", flat=True).distinct()]


def file_source(page_models: Sequence[type[Page]]) -> DocumentSource:
    """Return what makes files findable."""
    return DocumentSource(
        prefix=PREFIX,
        models=(
            (get_document_model(), files_changed_by_file),
            (FileText, files_changed_by_text),
            (PageViewRestriction, files_changed_by_restriction),
            *((model, files_changed_by_page) for model in page_models),
        ),
        ids=file_ids,
        documents=file_documents,
    )
