"""Makes the pages, and then fills them.

First all of them are made, unpublished and without bodies, so that every address can be linked to; then come their
bodies, topics and authors, published one by one through a revision, as an editor would.

A page that has a revision has been filled (or edited since), and is left alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from wagtail.models import Page, ReferenceIndex, Revision
from wagtail.signal_handlers import disable_reference_index_auto_update

from content.pages.models import PageAuthor, PageTopic
from content.people.models import Profile
from content.topics.models import Topic
from courant.demo.conversion import Converter
from courant.demo.faults import ContentFault
from courant.demo.moments import DEFAULT_TIME, later, moment
from courant.demo.page_types import COMMON, PAGE_TYPES, READ_APART, Key, PageType, Reads
from courant.demo.prose import checked_url
from courant.demo.reading import read_pages
from newsletters.audience.models import MailingList
from newsletters.issues.services import compile_issue, mark_issue_sent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from courant.demo.loading.state import Load
    from courant.demo.reading import PageFile

BATCH = 8  # pages a transaction: under a second of holding SQLite's one lock for writing
RELATIVE = frozenset({Reads.DAY, Reads.MOMENT, Reads.END})
URL_FIELDS = frozenset({"online_url", "registration_url", "apply_url", "join_url"})
EMAIL_FIELDS = frozenset({"apply_email", "contact_email", "sender_address", "reply_to"})


def load_pages(load: Load) -> None:
    """Make, fill and publish every page that is missing; with `reset_dates`, move the dates of the others.

    Raises:
        ContentFault: a page, a key or a block cannot be read, or names something that does not exist.
    """
    files = read_pages(load.folder / "pages")
    load.find_pages()
    _make_missing(load, files)
    _fill_empty(load, files)


def _make_missing(load: Load, files: Sequence[PageFile]) -> None:
    missing = [page for page in files if page.path not in load.pages]
    _in_batches(missing, lambda written: _make(load, written), load, "Pages made")


def _make(load: Load, written: PageFile) -> None:
    page_type = _type(written)
    if page_type.model is None:
        raise ContentFault(written.file, "type", f"no section {written.path}: run setup_site, or give another type")
    if written.parent_path not in load.pages:
        raise ContentFault(written.file, "", f"there is no page at {written.parent_path} to put it under")
    page = page_type.model(slug=written.slug, live=False, has_unpublished_changes=True)
    _set_fields(load, written, page, _keys(page_type), leave=frozenset({Reads.PAGE}))
    page.first_published_at = _went_up(load, written, page)
    try:
        parent = Page.objects.get(pk=load.pages[written.parent_path])
        parent.add_child(instance=page)
    except ValidationError as error:
        raise ContentFault(written.file, "front matter", _faults(error)) from error
    load.pages[written.path] = page.pk


def _fill_empty(load: Load, files: Sequence[PageFile]) -> None:
    ids = {page.path: load.pages[page.path] for page in files}
    touched = set(Page.objects.filter(pk__in=ids.values()).exclude(latest_revision=None).values_list("pk", flat=True))
    empty = [page for page in files if ids[page.path] not in touched]
    # What an issue shows has to be published before the issue is compiled.
    empty.sort(key=lambda page: page.front["type"] == "issue")
    _in_batches(
        empty, lambda written: _fill(load, written, _page_at(ids[written.path])), load, "Pages filled and published"
    )
    if load.reset_dates:
        for written in files:
            if ids[written.path] in touched:
                _move_dates(load, written, _page_at(ids[written.path]))
        load.say(f"Dates moved: {len(touched)} pages")


def _in_batches(files: Sequence[PageFile], work: Callable[[PageFile], None], load: Load, what: str) -> None:
    """Do the work with one transaction for a few pages: each commit waits for the disk, and nudges the search."""
    for start in range(0, len(files), BATCH):
        batch = files[start : start + BATCH]
        with transaction.atomic(), disable_reference_index_auto_update():
            for written in batch:
                work(written)
        load.say(f"{what}: {start + len(batch)} of {len(files)}")


def _page_at(pk: int) -> Any:
    return Page.objects.get(pk=pk).specific


def _fill(load: Load, written: PageFile, page: Any) -> None:
    page_type = _type(written)
    if page_type.model is not None and not isinstance(page, page_type.model):
        message = f"there is a {type(page).__name__} at {written.path} already"
        raise ContentFault(written.file, "type", message)
    _set_fields(load, written, page, _keys(page_type))
    page.page_topics = [
        PageTopic(topic_id=number, sort_order=order)
        for order, number in enumerate(_slugs(load, written, "topics", Topic))
    ]
    page.page_authors = [
        PageAuthor(profile_id=number, sort_order=order)
        for order, number in enumerate(_slugs(load, written, "authors", Profile))
    ]
    if written.chunks:
        if not hasattr(page, "body"):
            raise ContentFault(written.file, "", f"a page of type {written.front['type']} has no body")
        block = page.body.stream_block
        page.body = block.to_python(Converter(load, written.file).stream(block, written.chunks))
    load.made[f"pages: {written.front['type']}"] += 1
    if written.front.get("draft"):
        _keep_as_draft(page, written)
        return
    went_up = _went_up(load, written, page)
    page.first_published_at = went_up
    _publish(page, written)
    ReferenceIndex.create_or_update_for_object(page)
    if "sent" in written.front:
        sent_at = _sent_at(load, written)
        mark_issue_sent(issue=page, compiled=compile_issue(issue=page, at=sent_at), at=sent_at)
    Page.objects.filter(pk=page.pk).update(
        first_published_at=went_up, last_published_at=went_up, latest_revision_created_at=went_up
    )
    Revision.page_revisions.filter(object_id=str(page.pk)).update(created_at=went_up)


def _move_dates(load: Load, written: PageFile, page: Any) -> None:
    keys = {name: key for name, key in _keys(_type(written)).items() if key.reads in RELATIVE}
    fields = [key.field for key in keys.values()]
    if getattr(page, "sent_at", None) is not None and "sent" in written.front:
        fields.append("sent_at")
    before = {field: getattr(page, field) for field in fields}
    _set_fields(load, written, page, keys)
    if "sent_at" in fields:
        page.sent_at = _sent_at(load, written)
    if before == {field: getattr(page, field) for field in fields}:
        return
    if page.has_unpublished_changes:
        page.save()  # an editor's draft stays a draft, with its own dates
    else:
        _publish(page, written)


def _keep_as_draft(page: Any, written: PageFile) -> None:
    """Keep the page and its first revision unpublished, as the admin does with a page that is only saved."""
    page.first_published_at = None
    _check(page, written)
    page.save()
    page.save_revision(clean=False)
    ReferenceIndex.create_or_update_for_object(page)


def _publish(page: Any, written: PageFile) -> None:
    _check(page, written)
    page.save_revision(clean=False).publish()


def _check(page: Any, written: PageFile) -> None:
    try:
        page.full_clean()
    except ValidationError as error:
        raise ContentFault(written.file, "front matter", _faults(error)) from error


def _sent_at(load: Load, written: PageFile) -> datetime:
    try:
        return moment(str(written.front["sent"]), now=load.now)
    except ValueError as error:
        raise ContentFault(written.file, "sent", str(error)) from error


def _type(written: PageFile) -> PageType:
    name = written.front.get("type")
    if name not in PAGE_TYPES:
        raise ContentFault(written.file, "type", f"{name!r} is none of {', '.join(sorted(PAGE_TYPES))}")
    return PAGE_TYPES[name]


def _keys(page_type: PageType) -> dict[str, Key]:
    return {**COMMON, **page_type.keys}


def _set_fields(
    load: Load, written: PageFile, page: Any, keys: dict[str, Key], leave: frozenset[Reads] = frozenset()
) -> None:
    known = {*_keys(_type(written)), *READ_APART}
    unknown = sorted(set(written.front) - known)
    if unknown:
        message = f"unknown keys {', '.join(unknown)}; known are {', '.join(sorted(known))}"
        raise ContentFault(written.file, "front matter", message)
    for name, key in keys.items():
        if name in written.front and key.reads not in leave:
            try:
                setattr(page, key.field, _value(load, page, key, str(written.front[name]).strip()))
            except ValueError as error:
                raise ContentFault(written.file, name, str(error)) from error


def _value(load: Load, page: Any, key: Key, text: str) -> Any:
    readers: dict[Reads, Callable[[], Any]] = {
        Reads.DAY: lambda: moment(text, now=load.now).date(),
        Reads.MOMENT: lambda: moment(text, now=load.now),
        Reads.END: lambda: later(text, start=page.starts_at.astimezone(load.now.tzinfo)),
        Reads.PAGE: lambda: _page(load, text),
        Reads.PROFILE: lambda: load.snippet_id(Profile, text),
        Reads.LIST: lambda: load.snippet_id(MailingList, text),
        Reads.NUMBER: lambda: int(text),
        Reads.TEXT: lambda: _checked(key.field, text),
    }
    return readers[key.reads]()


def _page(load: Load, address: str) -> int:
    number = load.page_id(address)
    if number is None:
        raise ValueError(f"{address!r} is not a page")
    return number


def _checked(field: str, text: str) -> str:
    if field in URL_FIELDS:
        return checked_url(text)
    if field in EMAIL_FIELDS and not text.endswith("@example.org"):
        raise ValueError(f"{text!r}: the demo's addresses end in @example.org")
    return text


def _slugs(load: Load, written: PageFile, key: str, model: type) -> list[int]:
    found = []
    for slug in written.front.get(key, ()):
        try:
            found.append(load.snippet_id(model, slug))
        except ValueError as error:
            raise ContentFault(written.file, key, str(error)) from error
    return found


def _went_up(load: Load, written: PageFile, page: Any) -> datetime:
    """When the page is said to have been published first: never later than now."""
    if "announced" in written.front:
        try:
            return min(load.now, moment(str(written.front["announced"]), now=load.now))
        except ValueError as error:
            raise ContentFault(written.file, "announced", str(error)) from error
    opens_at: datetime | None = getattr(page, "opens_at", None)
    if opens_at is not None:
        return min(load.now, opens_at)
    if page.published_on is None:
        return load.now
    return min(load.now, datetime.combine(page.published_on, DEFAULT_TIME, load.now.tzinfo))


def _faults(error: ValidationError) -> str:
    if hasattr(error, "message_dict"):
        return "; ".join(f"{field}: {' '.join(texts)}" for field, texts in error.message_dict.items())
    return "; ".join(error.messages)
