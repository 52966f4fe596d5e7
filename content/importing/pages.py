"""Pages made from what was planned: fields, dates, state, topics and authors; and how an edit is noticed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models

from content.articles.models import (
    BlogPage,
    ChapterPage,
    NewsletterBlogPage,
    NewsletterFeaturePage,
    NewsPage,
    QuickGuidePage,
    ReportPage,
)
from content.community.models import GroupPage, StoryPage
from content.events.models import EventPage
from content.importing.addresses import clean_slug
from content.importing.dates import DateUnreadable, parse_date
from content.importing.findings import Finding, What
from content.importing.values import all_texts, filled, first_text, texts, value_at
from content.pages.models import BodyPage, PageAuthor, PageTopic, StandardPage
from content.pages.models.base import SUMMARY_LENGTH
from content.pages.text import cut_at_word

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping as Table
    from datetime import datetime

    from content.importing.mapping import Mapping
    from content.importing.plan import Planned

MODELS: dict[str, type[BodyPage]] = {
    "blog": BlogPage,
    "news": NewsPage,
    "report": ReportPage,
    "feature": NewsletterFeaturePage,
    "newsletter-blog": NewsletterBlogPage,
    "standard": StandardPage,
    "event": EventPage,
    "group": GroupPage,
    "story": StoryPage,
    "guide": QuickGuidePage,
    "chapter": ChapterPage,
}
TITLE_LENGTH = 255
SHARED_FIELDS = ("title", "summary", "date", "edition", "name")


class CannotBecome(ValueError):  # noqa: N818 (named for what it says)
    """The file lacks what the page type cannot be without; the message says what."""


@dataclass(slots=True)
class Draft:
    """What a page is to hold, before it is one."""

    model: type[BodyPage]
    values: dict[str, Any]
    topics: list[int]
    authors: list[int]
    scheduled_for: datetime | None = None
    findings: list[Finding] = field(default_factory=list)

    def fingerprint(self, page: BodyPage) -> str:
        """The fingerprint of a page just saved from this; as `page_fingerprint`, without a query."""
        return _digest(page, self.values, self.topics, self.authors)


UNMARKED = frozenset(
    {"live", "expired", "first_published_at", "last_published_at", "has_unpublished_changes", "draft_title"}
)
"""What changes by itself, or follows from other fields."""


def draft_page(  # noqa: PLR0913 (a source, and what belongs to it)
    item: Planned,
    body: list[dict[str, Any]],
    *,
    mapping: Mapping,
    topic_ids: Table[str, int],
    author_ids: Table[str, int],
    at: datetime,
) -> Draft:
    """Decide every field of a page.

    Raises:
        CannotBecome: an event without a date.
    """
    model = MODELS[item.kind]
    findings: list[Finding] = []
    title = item.title
    if len(title) > TITLE_LENGTH:
        findings.append(Finding(What.FIELD, f"the title has {len(title)} characters; cut"))
        title = cut_at_word(title, TITLE_LENGTH)
    values: dict[str, Any] = {"title": title, "draft_title": title, "slug": item.slug, "body": body}
    values["summary"] = _summary(item, mapping, findings)
    values["published_on"] = item.date.day if item.date else None
    if item.date:
        values["date_precision"] = item.date.precision.value
    edition_keys = (item.rule.fields.get("edition", ()) if item.rule else ()) or mapping.key("edition")
    values["edition"] = cut_at_word(first_text(item.front, edition_keys), 60)
    values |= _fields(item, model, mapping, findings)
    if model is EventPage and not values.get("starts_at"):
        raise CannotBecome("an event needs the date it starts")
    scheduled = _state(item, values, findings, at)
    if values["live"] and item.date is None and getattr(model, "is_dated", False):
        findings.append(Finding(What.DATE, "no date: the page shows the day of its import"))
    topics = _linked(item, mapping.topics.key if mapping.topics else "", topic_ids)
    authors = _linked(item, mapping.authors.key if mapping.authors else "", author_ids) if model.has_authors else []
    return Draft(model, values, topics, authors, scheduled, findings)


def _summary(item: Planned, mapping: Mapping, findings: list[Finding]) -> str:
    keys = (item.rule.fields.get("summary", ()) if item.rule else ()) or mapping.key("summary")
    summary = first_text(item.front, keys)
    if len(summary) > SUMMARY_LENGTH:
        findings.append(
            Finding(What.SUMMARY_CUT, f"{len(summary)} characters; the rest was: {summary[SUMMARY_LENGTH - 60 :]}")
        )
    return cut_at_word(summary, SUMMARY_LENGTH)


def _fields(item: Planned, model: type[BodyPage], mapping: Mapping, findings: list[Finding]) -> dict[str, Any]:
    """The fields that this type has beyond the common ones; what does not fit is left out and told."""
    values: dict[str, Any] = {}
    for name, keys in (item.rule.fields if item.rule else {}).items():
        if name in SHARED_FIELDS or not any(each.name == name for each in model._meta.get_fields()):  # noqa: SLF001 (Django's documented API)
            continue
        model_field: Any = model._meta.get_field(name)  # noqa: SLF001 (as above)
        if isinstance(model_field, models.DateTimeField):
            value: Any = _moment(item, keys, mapping, findings)
            if value is None:
                continue
        else:
            value = ", ".join(all_texts(item.front, keys))
            if not value:
                continue
            if model_field.max_length and len(value) > model_field.max_length and type(model_field) is models.CharField:
                findings.append(Finding(What.FIELD, f"{name}: cut to {model_field.max_length} characters: {value}"))
                value = cut_at_word(value, model_field.max_length)
        try:
            values[name] = model_field.clean(value, None)
        except ValidationError as error:
            findings.append(Finding(What.FIELD, f"{name}: {value!r}: {' '.join(error.messages)}"))
    if values.get("ends_at") and values.get("starts_at") and values["ends_at"] < values["starts_at"]:
        findings.append(Finding(What.FIELD, f"ends_at: {values['ends_at']:%Y-%m-%d %H:%M} is before the start"))
        del values["ends_at"]
    return values


def _moment(item: Planned, keys: tuple[str, ...], mapping: Mapping, findings: list[Finding]) -> datetime | None:
    for key in keys:
        value = value_at(item.front, key)
        if value in (None, ""):
            continue
        try:
            return parse_date(value, zone=mapping.zone).moment
        except DateUnreadable as error:
            findings.append(Finding(What.DATE, f"{key}: {error}"))
    return None


def _state(item: Planned, values: dict[str, Any], findings: list[Finding], at: datetime) -> datetime | None:
    """Decide whether readers may see the page, and from and until when; return when it is to be published, if later."""
    expires = item.expires.moment if item.expires else None
    expired = expires is not None and expires <= at
    written = item.date.moment if item.date else None
    future = written is not None and written > at and item.kind != "event"
    values |= {"live": not (item.hidden or expired or future), "expired": expired and not item.hidden}
    values |= {"expire_at": expires, "go_live_at": written if future else None}
    values["first_published_at"] = values["last_published_at"] = None if item.hidden or future else written
    values["has_unpublished_changes"] = not values["live"] and not expired
    if item.hidden:
        findings.append(Finding(What.HIDDEN, "weight, draft or another sign of the mapping"))
    elif expired and expires is not None:
        findings.append(Finding(What.EXPIRED, f"on {expires:%-d %B %Y}"))
    elif future and written is not None:
        findings.append(Finding(What.FUTURE, f"for {written:%-d %B %Y}"))
        return written
    return None


def _linked(item: Planned, key: str, ids: Table[str, int]) -> list[int]:
    found = [ids[slug] for word in texts(item.front.get(key)) if (slug := clean_slug(word)) in ids] if key else []
    return list(dict.fromkeys(found))


def appended_values(item: Planned, *, first: bool) -> tuple[dict[str, str], ...]:
    """The blocks that the mapping makes from this item's front matter, before or after its body."""
    if item.rule is None or not item.is_page:
        return ()
    return tuple(
        {"block": appended.block} | {key: filled(text, item.front) for key, text in appended.values.items()}
        for appended in item.rule.append
        if appended.first is first and all(first_text(item.front, (key,)) for key in appended.needs)
    )


def put_values(page: BodyPage, draft: Draft) -> None:
    """Give a page the draft's fields, topics and authors; it is not saved."""
    for name, value in draft.values.items():
        setattr(page, name, json.dumps(value) if name == "body" else value)
    if page.pk is None or linked_ids(page) != (draft.topics, draft.authors):
        page.page_topics = [PageTopic(topic_id=pk, sort_order=n) for n, pk in enumerate(draft.topics)]
        page.page_authors = [PageAuthor(profile_id=pk, sort_order=n) for n, pk in enumerate(draft.authors)]


def linked_ids(page: BodyPage) -> tuple[list[int], list[int]]:
    """The page's topics and authors, by primary key, in their order; two queries."""
    topics = PageTopic.objects.filter(page_id=page.pk).order_by("sort_order").values_list("topic_id", flat=True)
    authors = PageAuthor.objects.filter(page_id=page.pk).order_by("sort_order").values_list("profile_id", flat=True)
    return list(topics), list(authors)


def page_fingerprint(page: BodyPage, draft: Draft) -> str:
    """The fingerprint of a page as it is in the database, over the fields that the draft gives."""
    return _digest(page, draft.values, *linked_ids(page))


def _digest(page: BodyPage, names: Iterable[str], topics: list[int], authors: list[int]) -> str:
    known: dict[str, Any] = {"state": bool(page.live or page.expired), "revision": page.latest_revision_id}
    for name in names:
        if name == "body":
            known[name] = [dict(block) for block in page.body.raw_data]
        elif name not in UNMARKED:
            known[name] = _comparable(getattr(page, name))
    whole = [page._meta.label, known, topics, authors]  # noqa: SLF001 (Django's documented API)
    return hashlib.sha256(json.dumps(whole, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _comparable(value: Any) -> Any:
    if hasattr(value, "timestamp"):
        return value.timestamp()
    return value.isoformat() if hasattr(value, "isoformat") else value
