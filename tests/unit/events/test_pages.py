"""Events: times as London has them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone

from content.events.templatetags.events import event_state, event_time
from tests.factories.pages import EventPageFactory

pytestmark = pytest.mark.django_db


def words(event) -> str:
    return BeautifulSoup(event_time(event), "html.parser").get_text()


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "said"),
    [
        (datetime(2026, 12, 4, 10, 0, tzinfo=UTC), None, "Friday 4 December 2026, 10:00 GMT"),
        (
            datetime(2026, 7, 3, 9, 0, tzinfo=UTC),
            datetime(2026, 7, 3, 11, 30, tzinfo=UTC),
            "Friday 3 July 2026, 10:00 to 12:30 BST",
        ),
        (
            datetime(2026, 12, 4, 10, 0, tzinfo=UTC),
            datetime(2026, 12, 5, 16, 0, tzinfo=UTC),
            "Friday 4 December 2026, 10:00 to Saturday 5 December 2026, 16:00 GMT",
        ),
    ],
)
def test_times_in_words(starts_at, ends_at, said) -> None:
    assert words(EventPageFactory.build(starts_at=starts_at, ends_at=ends_at, parent=None)) == said


def test_structured_data_carries_the_offset(client) -> None:
    event = EventPageFactory(
        starts_at=datetime(2027, 7, 3, 9, 0, tzinfo=UTC), venue="Leeds", online_url="https://example.org/live"
    )
    html = client.get(event.path_on_site).content.decode()
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)[1])
    (found,) = [entity for entity in data["@graph"] if entity["@type"] == "Event"]
    assert found["startDate"] == "2027-07-03T10:00:00+01:00"
    assert found["eventAttendanceMode"].endswith("MixedEventAttendanceMode")


def test_a_past_event_takes_no_registration(client) -> None:
    event = EventPageFactory(
        starts_at=timezone.now() - timedelta(days=2), registration_url="https://example.org/register"
    )
    html = client.get(event.path_on_site).content.decode()
    assert "This event is over." in html
    assert "https://example.org/register" not in html.split("<main")[1].split("</main>")[0]


def test_an_event_is_on_between_its_start_and_its_end() -> None:
    now = timezone.now()
    event = EventPageFactory.build(starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1), parent=None)
    assert event_state(event) == "on"
