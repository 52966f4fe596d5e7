"""Writes of related lists: around what has changed, for the whole site, and as editors choose."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from wagtail.models import Page

from content.pages.registry import registry
from search.documents import current_documents, full_text
from search.engines import get_engine
from search.models import MeaningSource, OutboxEntry, RelatedChoice, RelatedPage
from search.outbox import ENTRIES_A_BATCH, mark_entries, nudge_after_commit, waiting_for_related
from search.related import LIST_LENGTH, PINNED, Candidate, related_candidates
from search.spaces import fit_space, latent_space, needs_fit, sentence_space, spaces_in_use, use_space

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from search.engines.base import Engine
    from search.spaces import SentenceSpace
    from search.vectors import Space

    Progress = Callable[[str, int, int], None]

# A page's own list and those around it take about half a second; a published page waits for no more than these.
RELATED_A_BATCH = 10
# Reading a document takes a sentence model a twentieth of a second: so many are read between two looks at the clock.
SENTENCES_A_BATCH = 20
# More pins than this are no related list any more.
MOST_PINS = LIST_LENGTH


def relate_waiting(
    *, engine: Engine | None = None, deadline: float | None = None, until: Callable[[], bool] = lambda: False
) -> int:
    """Recompute the lists in the neighbourhood of what was indexed; returns how many lists were computed.

    The neighbourhood of a page: itself, the pages whose lists it stands in, and the pages that now stand in its own.
    Stops after `deadline` (of the monotonic clock), or when `until` says so, which is asked every few pages.
    """
    engine = engine or get_engine()
    computed = 0
    while (deadline is None or time.monotonic() < deadline) and not until():
        entries = list(waiting_for_related().values_list("key", "indexed_version")[:RELATED_A_BATCH])
        if not entries:
            break
        engine.refresh()
        keys = {key for key, _ in entries if key.startswith("page:")}
        _place_texts([key for key, _ in entries], engine)
        spaces = spaces_in_use()
        lists = compute_lists(keys, engine=engine, spaces=spaces)
        around = {candidate.key for items in lists.values() for candidate in items}
        listing = RelatedPage.objects.filter(related_id__in=[_page_id(key) for key in keys])
        around |= {f"page:{number}" for number in listing.values_list("page_id", flat=True).distinct()}
        # What waits itself has its turn: after a fit that is every page, and each would be computed nine times.
        around -= set(waiting_for_related().filter(key__in=around).values_list("key", flat=True))
        lists |= compute_lists(around - keys, engine=engine, spaces=spaces)
        save_related_lists(lists=lists)
        mark_entries(entries, "related_version", "indexed_version")
        computed += len(lists)
    return computed


def _place_texts(keys: Sequence[str], engine: Engine) -> None:
    """Bring every space up to date with what these documents say now."""
    latent = latent_space()
    if latent is not None:
        pages: dict[str, str | None] = dict.fromkeys(key for key in keys if key.startswith("page:"))
        latent.store(pages | engine.texts(list(pages)))
    sentences = sentence_space(unfinished=True)
    if sentences is not None:
        _read(sentences, keys)


def _read(space: SentenceSpace, keys: Sequence[str]) -> None:
    """Let the sentence model read documents: all that can be found, not only those with related lists."""
    texts: dict[str, str | None] = dict.fromkeys(keys)
    space.store(texts | {key: full_text(document) for key, document in current_documents(keys).items()})


def read_sentences(*, seconds: float | None = None, progress: Progress | None = None) -> bool:
    """Let a newly installed sentence model read the site, for at most `seconds`; goes on where it stopped.

    Once it has read everything its space is put in use, and all related lists are in line for it.

    Returns:
        Whether that happened now.
    """
    space = sentence_space(unfinished=True)
    if space is None or sentence_space() is not None:
        return False
    deadline = None if seconds is None else time.monotonic() + seconds
    missing = space.missing(
        [f"{prefix}:{number}" for prefix, source in registry.document_sources.items() for number in source.ids()]
    )
    for start in range(0, len(missing), SENTENCES_A_BATCH):
        if deadline is not None and time.monotonic() >= deadline:
            return False
        _read(space, missing[start : start + SENTENCES_A_BATCH])
        if progress:
            progress("meaning of texts", min(start + SENTENCES_A_BATCH, len(missing)), len(missing))
    use_space(space, source=MeaningSource.SENTENCES)
    _put_all_in_line()
    return True


def fit_meaning(*, engine: Engine | None = None, force: bool = False) -> bool:
    """Learn anew what belongs together when the site has outgrown what was learnt, and put all lists in line for it."""
    engine = engine or get_engine()
    keys = _related_keys()
    if not force and not needs_fit(len(keys)):
        return False
    if fit_space(engine=engine, keys=keys) is None:
        return False
    _put_all_in_line()
    return True


def _put_all_in_line() -> None:
    OutboxEntry.objects.filter(key__startswith="page:").update(related_version=0)


def rebuild_related(*, engine: Engine | None = None, progress: Progress | None = None) -> int:
    """Learn anew what belongs together and compute the list of every page; returns how many lists."""
    engine = engine or get_engine()
    engine.refresh()
    keys = _related_keys()
    fit_space(engine=engine, keys=keys)
    read_sentences(progress=progress)
    spaces = spaces_in_use()
    for start in range(0, len(keys), ENTRIES_A_BATCH):
        chunk = keys[start : start + ENTRIES_A_BATCH]
        versions = list(OutboxEntry.objects.filter(key__in=chunk).values_list("key", "indexed_version"))
        save_related_lists(lists=compute_lists(chunk, engine=engine, spaces=spaces))
        mark_entries(versions, "related_version", "indexed_version")
        if progress:
            progress("related lists", start + len(chunk), len(keys))
    OutboxEntry.objects.exclude(key__startswith="page:").update(related_version=F("indexed_version"))
    return len(keys)


def _related_keys() -> list[str]:
    return [f"page:{number}" for number in registry.document_sources["page"].ids()]


def compute_lists(keys: Iterable[str], *, engine: Engine, spaces: Sequence[Space]) -> dict[str, list[Candidate]]:
    """Return the lists of pages: what editors pinned, then what is near, without what they banned.

    A page without a list of its own (a vacancy, one that is gone) has no pins either.
    """
    listed = sorted(keys)
    pinned: dict[str, list[Candidate]] = {}
    chosen: dict[str, set[str]] = {}
    choices = RelatedChoice.objects.filter(page_id__in=[_page_id(key) for key in listed])
    for page_id, related_id, is_banned in choices.values_list("page_id", "related_id", "is_banned"):
        key, other = f"page:{page_id}", f"page:{related_id}"
        chosen.setdefault(key, set()).add(other)
        if not is_banned:
            pinned.setdefault(key, []).append(Candidate(other, "", 1.0, PINNED))
    lists = {}
    for key in listed:
        found = related_candidates(key, engine=engine, spaces=spaces, without=chosen.get(key, set()))
        lists[key] = [*pinned.get(key, []), *found] if found else []
    return lists


def _page_id(key: str) -> int:
    return int(key.partition(":")[2])


def save_related_lists(*, lists: dict[str, list[Candidate]]) -> None:
    """Store lists where they differ from what is stored; a page that is gone is left out."""
    wanted = {_page_id(key): [(_page_id(item.key), item) for item in items] for key, items in lists.items()}
    mentioned = {number for number, items in wanted.items()} | {
        other for items in wanted.values() for other, _ in items
    }
    known = set(Page.objects.filter(pk__in=mentioned).values_list("pk", flat=True))
    stored: dict[int, list[tuple[int, list[object]]]] = {}
    rows = RelatedPage.objects.filter(page_id__in=wanted).order_by("page_id", "position")
    for page_id, related_id, reasons in rows.values_list("page_id", "related_id", "reasons"):
        stored.setdefault(page_id, []).append((related_id, reasons))
    RelatedPage.objects.filter(page_id__in=wanted.keys() - known).delete()
    for page_id, items in wanted.items():
        kept = [(other, item) for other, item in items if other in known]
        if page_id in known and stored.get(page_id, []) != [(other, item.reasons) for other, item in kept]:
            _replace_list(page_id, kept)


def _replace_list(page_id: int, items: Sequence[tuple[int, Candidate]]) -> None:
    with transaction.atomic():
        # Two workers may compute the same list: the entry's lock lets one of them go first.
        list(OutboxEntry.objects.select_for_update().filter(key=f"page:{page_id}"))
        RelatedPage.objects.filter(page_id=page_id).delete()
        RelatedPage.objects.bulk_create(
            RelatedPage(page_id=page_id, related_id=other, position=place, score=item.score, reasons=item.reasons)
            for place, (other, item) in enumerate(items)
        )


def choose_related(*, page: Page, pinned: Sequence[int], banned: Collection[int]) -> None:
    """Keep an editor's choices for a page's list: these always, in this order, and those never.

    Holds at once, whether or not the engine runs: the stored list is changed here, and a worker fills it up again.

    Raises:
        ValueError: the page itself, a page both pinned and banned, or more than `MOST_PINS` pins.
    """
    if page.pk in {*pinned, *banned}:
        raise ValueError("A page cannot stand in its own list.")
    if set(pinned) & set(banned):
        raise ValueError("A page cannot be pinned and banned at once.")
    if len(set(pinned)) > MOST_PINS:
        msg = f"At most {MOST_PINS} pages can be pinned."
        raise ValueError(msg)
    with transaction.atomic():
        list(OutboxEntry.objects.select_for_update().filter(key=f"page:{page.pk}"))
        RelatedChoice.objects.filter(page_id=page.pk).delete()
        RelatedChoice.objects.bulk_create(
            [
                *(
                    RelatedChoice(page_id=page.pk, related_id=number, position=place)
                    for place, number in enumerate(dict.fromkeys(pinned))
                ),
                *(RelatedChoice(page_id=page.pk, related_id=number, is_banned=True) for number in sorted(set(banned))),
            ]
        )
        rows = [
            row
            for row in RelatedPage.objects.filter(page_id=page.pk).order_by("position")
            if row.related_id not in {*pinned, *banned} and row.reasons != PINNED
        ]
        items = [
            *((number, Candidate("", "", 1.0, PINNED)) for number in dict.fromkeys(pinned)),
            *((row.related_id, Candidate("", "", row.score, row.reasons)) for row in rows),
        ]
        _replace_list(page.pk, items)
        OutboxEntry.objects.filter(key=f"page:{page.pk}").update(related_version=0)
        nudge_after_commit("default")
