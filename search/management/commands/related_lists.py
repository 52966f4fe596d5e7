"""`manage.py related_lists [--sample N] [--seed S] [--json]`: whether every page has its list, and some to look at."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from wagtail.models import Page

from content.pages.models import BasePage, Card, PageTopic
from content.topics.models import Topic
from search.management.progress import show_progress
from search.related import SHOWN, reason_in_words
from search.selectors import related_list, related_pages

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Check every published page: four items at least, of two types where its topics have two."""

    help = "Check that every published page has its related list, and show some of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sample", type=int, default=0, help="how many lists to print")
        parser.add_argument("--seed", type=int, default=1, help="which ones: the same seed, the same lists")
        parser.add_argument("--json", action="store_true", help="the last line as JSON only")

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        pages = [
            page
            for page in Page.objects.live().public().specific().order_by("pk").iterator()
            if isinstance(page, BasePage) and page.takes_part_in_related and page.is_visible()
        ]
        kinds: dict[int, set[str]] = {}
        visible = dict(Card.objects.visible().values_list("pk", "kind"))
        topics_of: dict[int, set[int]] = {}
        taking_part = {page.pk for page in pages}
        for page_id, topic_id in PageTopic.objects.values_list("page_id", "topic_id"):
            topics_of.setdefault(page_id, set()).add(topic_id)
            if page_id in visible and page_id in taking_part:
                kinds.setdefault(topic_id, set()).add(visible[page_id])
        short: list[int] = []
        uniform: list[int] = []
        for done, page in enumerate(pages, start=1):
            cards = related_pages(page, SHOWN)
            if len(cards) < SHOWN:
                short.append(page.pk)
            has_two = any(len(kinds.get(topic, ())) > 1 for topic in topics_of.get(page.pk, ()))
            if has_two and len({card.kind for card in cards}) == 1:
                uniform.append(page.pk)
            show_progress("lists", done, len(pages))
        if options["sample"]:
            self.show(random.Random(options["seed"]).sample(pages, min(options["sample"], len(pages))))  # noqa: S311 (a sample)
        self.stdout.write(json.dumps({"pages": len(pages), "short": short, "of_one_type": uniform}))
        if short or uniform:
            msg = f"{len(short)} lists are short and {len(uniform)} are of one type."
            raise CommandError(msg)

    def show(self, pages: list[BasePage]) -> None:
        """Print lists with their reasons."""
        names = dict(Topic.objects.values_list("pk", "name"))
        for page in pages:
            reasons = {row.related_id: row.reasons for row in related_list(page)}
            self.stdout.write(f"{page.title} ({page.kind.label})")
            for card in related_pages(page, SHOWN):
                said = "; ".join(reason_in_words(reason, topics=names) for reason in reasons.get(card.pk, []))
                self.stdout.write(f"    {card.label}: {card.title} [{card.when}] — {said or 'newest'}")
