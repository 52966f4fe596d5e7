"""Draws the images and writes the documents; both are known again by their title."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from content.media.services import make_renditions
from courant.demo.drawings import DRAWINGS
from courant.demo.faults import ContentFault
from courant.demo.loading.state import taken
from courant.demo.pdf import text_pdf
from courant.demo.reading import read_entries

if TYPE_CHECKING:
    from courant.demo.loading.state import Load


def load_images(load: Load) -> None:
    """Draw the images that are missing.

    Raises:
        ContentFault: an image names a drawing that does not exist.
    """
    model = get_image_model()
    file = load.folder / "images.yaml"
    known = dict(model.objects.values_list("title", "pk"))
    for entry in read_entries(file):
        taken(entry, file, ("slug", "drawing", "title", "description", "credit"))
        if entry.get("drawing") not in DRAWINGS:
            raise ContentFault(
                file, entry["slug"], f"no drawing {entry.get('drawing')!r}; there are {', '.join(DRAWINGS)}"
            )
        if entry["title"] not in known:
            image = model(
                title=entry["title"],
                description=entry["description"],
                credit=entry.get("credit", ""),
                file=ContentFile(DRAWINGS[entry["drawing"]](), name=f"{entry['slug']}.png"),
            )
            image.save()
            make_renditions(image=image)
            known[image.title] = image.pk
            load.made["images"] += 1
        load.images[entry["slug"]] = known[entry["title"]]


def load_documents(load: Load) -> None:
    """Write the documents that are missing."""
    model = get_document_model()
    file = load.folder / "documents.yaml"
    known = dict(model.objects.values_list("title", "pk"))
    for entry in read_entries(file):
        taken(entry, file, ("slug", "title", "subtitle", "paragraphs"))
        if entry["title"] not in known:
            content = text_pdf(title=entry["title"], subtitle=entry["subtitle"], paragraphs=entry["paragraphs"])
            document = model(title=entry["title"], file=ContentFile(content, name=f"{entry['slug']}.pdf"))
            document.save()
            document.get_file_size()
            document.get_file_hash()
            known[document.title] = document.pk
            load.made["documents"] += 1
        load.documents[entry["slug"]] = known[entry["title"]]
