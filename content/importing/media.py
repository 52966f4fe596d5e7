"""Image and document files of the source, made into the site's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile
from PIL import Image, UnidentifiedImageError
from wagtail.models import Collection

from content.importing.findings import Finding, What
from content.media.models import CourantDocument, CourantImage

if TYPE_CHECKING:
    from pathlib import Path

    from content.importing.models import ImportedItem
    from content.importing.plan import Planned

MODELS: dict[str, Any] = {"image": CourantImage, "document": CourantDocument}
TITLE_LENGTH = 255


def write_media(*, item: Planned, record: ImportedItem | None, path: Path, findings: list[Finding]) -> tuple[int, str]:
    """Make an image or a document, or give it its changed file.

    Returns:
        Its primary key (0 for none), and what was done: made, changed, deleted (by an editor, and left so), or not
        imported (the file is no image).
    """
    model = MODELS[item.kind]
    there = None
    if record is not None and record.object_id:
        there = model.objects.filter(pk=record.object_id).first()
        if there is None:
            findings.append(Finding(What.GONE, "the file has changed since"))
            return 0, "deleted"
    if item.kind == "image" and (fault := _fault_of_image(path)):
        findings.append(Finding(What.MEDIA, fault))
        return 0, "not imported"
    made = there or model(title=item.title[:TITLE_LENGTH], collection=Collection.get_first_root_node())
    made.file = ContentFile(path.read_bytes(), name=path.name)
    # What Wagtail's own upload views call: size and hash of the file.
    set_metadata = getattr(made, f"_set_{item.kind}_file_metadata")
    set_metadata()
    made.save()
    return made.pk, "changed" if there else "made"


def _fault_of_image(path: Path) -> str:
    """Why a file cannot be an image; "" when it can."""
    try:
        with Image.open(path) as image:
            image.verify()
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        return f"not an image: {type(error).__name__}"
    return ""
