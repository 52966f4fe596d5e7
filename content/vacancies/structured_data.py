"""JSON-LD of vacancies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.html import escape

from content.pages.structured_data import Entity, entity, organisation_id, person
from content.vacancies.models import VacancyPage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from content.people.models import Profile


@entity.register(VacancyPage)
def job_posting(page: VacancyPage, authors: Sequence[Profile]) -> Entity | None:
    """A job one can apply for; nothing once one cannot, or search engines would go on offering it."""
    del authors
    if not page.is_open():
        return None
    found: Entity = {
        "@type": "JobPosting",
        "@id": page.canonical_url,
        "url": page.canonical_url,
        "title": page.title,
        "description": "".join(f"<p>{escape(text)}</p>" for text in (page.summary, page.document_body()) if text),
        "datePosted": timezone.localtime(page.opens_at).isoformat(),
        "validThrough": timezone.localtime(page.closes_at).isoformat(),
        "hiringOrganization": person(page.employer) if page.employer else {"@id": organisation_id()},
        "jobLocation": {"@type": "Place", "address": page.location},
        "directApply": False,
    }
    if page.reference:
        found["identifier"] = {"@type": "PropertyValue", "name": "Reference", "value": page.reference}
    if page.hours:
        found["workHours"] = page.hours
    return found
