"""JSON-LD of events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from content.events.models import EventPage
from content.pages.structured_data import Entity, entity, organisation_id, person

if TYPE_CHECKING:
    from collections.abc import Sequence

    from content.people.models import Profile


@entity.register(EventPage)
def event(page: EventPage, authors: Sequence[Profile]) -> Entity:
    """When, where and how to come; times with their offset, as they were meant in London."""
    found: Entity = {
        "@type": "Event",
        "@id": page.canonical_url,
        "url": page.canonical_url,
        "name": page.title,
        "startDate": timezone.localtime(page.starts_at).isoformat(),
        "eventStatus": "https://schema.org/EventScheduled",
        "organizer": {"@id": organisation_id()},
    }
    if page.summary:
        found["description"] = page.summary
    if page.ends_at:
        found["endDate"] = timezone.localtime(page.ends_at).isoformat()
    places: list[Entity] = []
    if page.venue:
        places.append({"@type": "Place", "name": page.venue, "address": page.venue})
    if page.online_url:
        places.append({"@type": "VirtualLocation", "url": page.online_url})
    if places:
        found["location"] = places if len(places) > 1 else places[0]
    modes = {(True, True): "Mixed", (True, False): "Offline", (False, True): "Online"}
    mode = modes.get((bool(page.venue), bool(page.online_url)))
    if mode:
        found["eventAttendanceMode"] = f"https://schema.org/{mode}EventAttendanceMode"
    if page.registration_url:
        found["offers"] = {"@type": "Offer", "url": page.registration_url}
    if authors:
        found["performer"] = [person(author) for author in authors]
    return found
