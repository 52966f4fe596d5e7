"""Topics and people: what pages are about, and who wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction

from content.people.models import Profile
from content.topics.models import Topic
from courant.demo.faults import ContentFault
from courant.demo.loading.state import taken
from courant.demo.prose import checked_url
from courant.demo.reading import read_entries

if TYPE_CHECKING:
    from pathlib import Path

    from courant.demo.loading.state import Load


def load_topics(load: Load) -> None:
    """Make the topics that are missing, parents first.

    Raises:
        ContentFault: a parent stands below its child or nowhere, or a topic is refused by its model.
    """
    file = load.folder / "topics.yaml"
    known = dict(Topic.objects.values_list("slug", "pk"))
    with transaction.atomic():
        for entry in read_entries(file):
            taken(entry, file, ("slug", "name", "summary", "parent"))
            if entry["slug"] in known:
                continue
            parent = entry.pop("parent", None)
            if parent is not None and parent not in known:
                raise ContentFault(file, entry["slug"], f"its parent {parent!r} has to stand above it in the file")
            topic = Topic(**entry, parent_id=known.get(parent))
            _save(topic, file)
            known[topic.slug] = topic.pk
            load.made["topics"] += 1
    load.snippets[Topic] = known


def load_people(load: Load) -> None:
    """Make the people and organisations that are missing.

    Raises:
        ContentFault: a profile is refused by its model, or leads outside the hosts a demo may name.
    """
    file = load.folder / "people.yaml"
    known = dict(Profile.objects.values_list("slug", "pk"))
    with transaction.atomic():
        for entry in read_entries(file):
            taken(entry, file, ("slug", "name", "kind", "role", "affiliation", "biography", "website", "staff"))
            if entry["slug"] in known:
                continue
            if "website" in entry:
                _checked(entry["website"], file, entry["slug"])
            entry["is_staff"] = entry.pop("staff", False)
            entry["biography"] = entry.get("biography", "").strip()
            profile = Profile(**entry)
            _save(profile, file)
            known[profile.slug] = profile.pk
            load.made["profiles"] += 1
    load.snippets[Profile] = known


def _checked(url: str, file: Path, entry: str) -> None:
    try:
        checked_url(url)
    except ValueError as error:
        raise ContentFault(file, entry, str(error)) from error


def _save(instance: Any, file: Path) -> None:
    try:
        instance.full_clean()
    except ValidationError as error:
        raise ContentFault(file, instance.slug, "; ".join(error.messages)) from error
    instance.save()
