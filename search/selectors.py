"""Reads of search: related lists for readers and editors, and hits turned into cards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import F

from content.pages.models import BasePage, Card, PageTopic
from search.models import RelatedPage
from search.related import LIST_LENGTH, PINNED, SHOWN, mix_kinds

if TYPE_CHECKING:
    from wagtail.models import Page

CURATED_BLOCK = "further_reading"


def related_pages(page: Page, limit: int = SHOWN) -> list[Card]:
    """Return the cards of "You might also like": stored, visible now, none that the editor has put into the page.

    One query (and one for the covers) where the page has a stored list, as every published page has; a page whose
    list is not computed yet gets pages on its topics, then the newest.
    """
    if page.pk is None or not getattr(page, "takes_part_in_related", True):
        return []
    curated = curated_page_ids(page)
    stored = (
        Card.objects.visible()
        .filter(page__related_from__page_id=page.pk)
        .exclude(page_id__in=curated)
        .annotate(reasons=F("page__related_from__reasons"))
        .order_by("page__related_from__position")
        .for_display()
    )
    cards: list[Card] = [*stored]
    pinned: list[Card] = [card for card in stored if card.reasons == PINNED]
    if len(cards) < limit and not (len(cards) + len(curated) >= LIST_LENGTH):
        cards += _stand_ins(page, {page.pk, *curated, *(card.pk for card in cards)}, limit - len(cards))
    free = limit - len(pinned)
    if free <= 0:
        return pinned[:limit]
    kinds = {card.kind for card in pinned}
    others = [card for card in cards if card not in pinned]
    if len(kinds) == 1:  # one of another kind must come among the others, however few are shown
        other = next((card for card in others if card.kind not in kinds), None)
        if other is not None and other not in others[:free]:
            others.remove(other)
            others.insert(free - 1, other)
    elif not kinds:
        others = mix_kinds(others, kind=lambda card: card.kind, by=free)
    return [*pinned, *others[:free]]


def _stand_ins(page: Page, taken: set[int], missing: int) -> list[Card]:
    from wagtail.models import get_page_models  # noqa: PLC0415

    kinds = {
        model.kind.key for model in get_page_models() if issubclass(model, BasePage) and model.takes_part_in_related
    }
    cards = Card.objects.visible().filter(kind__in=kinds).exclude(page_id__in=taken).newest_first()
    mates = cards.filter(
        page_id__in=PageTopic.objects.filter(
            topic_id__in=PageTopic.objects.filter(page_id=page.pk).values("topic_id")
        ).values("page_id")
    )
    found = list(mates.for_display()[:missing])
    if len(found) < missing:
        found += list(cards.exclude(page_id__in=[card.pk for card in found]).for_display()[: missing - len(found)])
    return found


def curated_page_ids(page: Page) -> set[int]:
    """Return the ids of the pages that the editor put into the body's further reading; no query."""
    body = getattr(page, "body", None)
    raw: list[Any] = list(getattr(body, "raw_data", ()))
    found: set[int] = set()
    for block in raw:
        if isinstance(block, dict) and block.get("type") == CURATED_BLOCK:
            for item in (block.get("value") or {}).get("items") or ():
                value = item.get("value", item) if isinstance(item, dict) else {}
                number = value.get("page") if isinstance(value, dict) else None
                if isinstance(number, int):
                    found.add(number)
    return found


def related_list(page: Page) -> list[RelatedPage]:
    """Return a page's stored list as editors see it: with scores and reasons, also of what is not shown now."""
    return list(RelatedPage.objects.filter(page_id=page.pk).select_related("related__card").order_by("position"))
