"""Fill a database with pages whose words follow Zipf's law and whose topics mean something, in bulk statements.

Not one page is saved through its model: 50,000 would take an hour. What a save would have written is written here (the
tree's paths, the child row, the card, topics, the author, the outbox), a thousand pages a transaction, so that a run
that was interrupted goes on where it was. The same numbers always give the same pages.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import django
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGES_A_TRANSACTION = 1_000
VOCABULARY, TOPICS, AUTHORS = 40_000, 60, 300
# A topic has words of its own; so has a theme, which some dozens of its pages share.
TOPIC_WORDS, THEMES_A_TOPIC, THEME_WORDS = 400, 40, 25
SHARE_OF_TOPIC, SHARE_OF_THEME = 0.30, 0.08
MEDIAN_WORDS, SPREAD_OF_LENGTH = 420, 0.6
EXPONENT = 1.05
SECTION = "generated"
ONSETS = "b br c ch cl d dr f fl g gr h j l m n p pl pr qu r s sc sh sl st t th tr v w".split()  # noqa: SIM905 (syllables read best as words)
VOWELS = "a ai e ea ee i o oa oo ou u".split()  # noqa: SIM905 (syllables read best as words)
CODAS = "b ck d ft g l lt m n nd nt p r rd rm rt sh st t x".split()  # noqa: SIM905 (syllables read best as words)


class Language:
    """A made-up vocabulary and who says which words how often."""

    def __init__(self) -> None:
        """Make the words; the same every time."""
        chance = random.Random(4)  # noqa: S311 (texts, no secret)
        words: dict[str, None] = {}
        while len(words) < VOCABULARY:
            syllables = chance.choice((1, 2, 2, 3, 3, 4))
            word = "".join(chance.choice(ONSETS) + chance.choice(VOWELS) for _ in range(syllables))
            words.setdefault(word + chance.choice(CODAS))
        self.words = np.array(list(words), dtype=object)
        shares = 1 / np.arange(1, VOCABULARY + 1) ** EXPONENT
        self.cumulative = np.cumsum(shares / shares.sum())
        own = 1 / np.arange(1, TOPIC_WORDS + 1) ** 0.7
        self.own = np.cumsum(own / own.sum())
        picks = np.random.default_rng(5)
        # Topics do not speak of the commonest words, which everybody uses.
        self.topics = picks.integers(200, VOCABULARY, size=(TOPICS, TOPIC_WORDS))
        self.themes = picks.integers(2_000, VOCABULARY, size=(TOPICS, THEMES_A_TOPIC, THEME_WORDS))

    def text(self, chance: np.random.Generator, topics: Sequence[int], theme: int, length: int) -> list[str]:
        """Return the words of a page about `topics`, the first of which matters most."""
        places = np.searchsorted(self.cumulative, chance.random(length))
        source = chance.random(length)
        of_topic = np.flatnonzero(source < SHARE_OF_TOPIC)
        chosen = self.topics[np.array(topics)[(chance.random(len(of_topic)) ** 2 * len(topics)).astype(int)]]
        ranks = np.minimum(np.searchsorted(self.own, chance.random(len(of_topic))), TOPIC_WORDS - 1)
        places[of_topic] = chosen[np.arange(len(of_topic)), ranks]
        of_theme = np.flatnonzero(source > 1 - SHARE_OF_THEME)
        places[of_theme] = self.themes[topics[0], theme][chance.integers(0, THEME_WORDS, len(of_theme))]
        return list(self.words[np.minimum(places, VOCABULARY - 1)])


def sentences(words: Sequence[str], length: int = 14) -> list[str]:
    """Cut words into sentences."""
    parts = [words[start : start + length] for start in range(0, len(words), length)]
    return [f"{' '.join(part).capitalize()}." for part in parts]


def body(words: Sequence[str], number: int) -> str:
    """Return the stored form of a body of headings, paragraphs and key points."""

    def block(kind: str, value: Any) -> dict[str, Any]:
        place = len(blocks)
        return {"type": kind, "value": value, "id": str(uuid.UUID(int=number << 16 | place))}

    blocks: list[dict[str, Any]] = []
    said = sentences(words)
    points = [
        {"type": "item", "value": f"<p>{line}</p>", "id": str(uuid.UUID(int=number << 16 | 0x8000 | place))}
        for place, line in enumerate(said[:3])
    ]
    blocks.append(block("key_points", {"title": "Key points", "points": points}))
    for start in range(3, len(said), 12):
        blocks.append(block("heading", {"text": said[start][:60]}))
        paragraphs = [" ".join(said[at : at + 4]) for at in range(start, min(start + 12, len(said)), 4)]
        blocks.append(block("text", "".join(f"<p>{text}</p>" for text in paragraphs)))
    return json.dumps(blocks)


def main() -> None:
    """Generate pages up to a number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=int)
    wanted = parser.parse_args().pages
    django.setup()
    from django.db import connection  # noqa: PLC0415 (Django is set up by now)

    ground = prepare_ground()
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    language = Language()
    from wagtail.models import Page  # noqa: PLC0415 (as above)

    done = Page.objects.filter(path__startswith=ground["section"].path, depth=ground["section"].depth + 1).count()
    while done < wanted:
        count = min(PAGES_A_TRANSACTION, wanted - done)
        write_pages(language, ground, first=done, count=count)
        done += count
        sys.stderr.write(f"\rgenerated {done:,} of {wanted:,} pages")
    sys.stderr.write("\n")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(json.dumps({"pages": done}))


def prepare_ground() -> dict[str, Any]:
    """Make the site, the section, topics and authors, or find them."""
    from content.pages.models import SectionPage  # noqa: PLC0415 (Django is set up by now)
    from content.pages.models.site import HomePage  # noqa: PLC0415 (as above)
    from content.pages.services import set_up_site  # noqa: PLC0415 (as above)
    from content.people.models import Profile  # noqa: PLC0415 (as above)
    from content.topics.models import Topic  # noqa: PLC0415 (as above)

    set_up_site()
    section = SectionPage.objects.filter(slug=SECTION).first()
    if section is None:
        section = HomePage.objects.get().add_child(instance=SectionPage(title="Generated", slug=SECTION))
    Topic.objects.bulk_create(
        (Topic(name=f"Subject {number}", slug=f"subject-{number}") for number in range(TOPICS)), ignore_conflicts=True
    )
    Profile.objects.bulk_create(
        (Profile(name=f"Author {number}", slug=f"author-{number}") for number in range(AUTHORS)), ignore_conflicts=True
    )
    return {
        "section": section,
        "topics": list(Topic.objects.filter(slug__startswith="subject-").order_by("pk").values_list("pk", flat=True)),
        "authors": list(Profile.objects.filter(slug__startswith="author-").order_by("pk").values_list("pk", flat=True)),
    }


def write_pages(language: Language, ground: dict[str, Any], *, first: int, count: int) -> None:
    """Write the pages from the number `first` on, in one transaction."""
    from django.contrib.contenttypes.models import ContentType  # noqa: PLC0415 (Django is set up by now)
    from django.db import transaction  # noqa: PLC0415 (as above)
    from wagtail.models import Locale, Page  # noqa: PLC0415 (as above)

    from content.articles.models import BlogPage, NewsPage, QuickGuidePage, ReportPage  # noqa: PLC0415 (as above)
    from content.pages.models import Card, PageAuthor, PageTopic  # noqa: PLC0415 (as above)
    from search.models import OutboxEntry  # noqa: PLC0415 (as above)

    section, locale = ground["section"], Locale.get_default()
    kinds = (BlogPage, BlogPage, BlogPage, QuickGuidePage, QuickGuidePage, NewsPage, NewsPage, ReportPage)
    types = ContentType.objects.get_for_models(*set(kinds))
    made: list[tuple[Any, list[int], int]] = []
    for number in range(first, first + count):
        chance = np.random.default_rng((7, number))
        topics = list(dict.fromkeys(chance.integers(0, TOPICS, int(chance.integers(1, 4))).tolist()))
        length = int(np.clip(chance.lognormal(np.log(MEDIAN_WORDS), SPREAD_OF_LENGTH), 40, 6_000))
        words = language.text(chance, topics, int(chance.integers(0, THEMES_A_TOPIC)), length + 26)
        model = kinds[int(chance.integers(0, len(kinds)))]
        published = date(2026, 6, 30) - timedelta(days=int(chance.integers(0, 3_650)))
        moment = datetime(published.year, published.month, published.day, 9, tzinfo=UTC)
        slug = f"page-{number}"
        page = model(
            path=section._get_path(section.path, section.depth + 1, number + 1),  # noqa: SLF001 (treebeard's own reckoning)
            depth=section.depth + 1, title=" ".join(words[:6]).capitalize(), slug=slug, locale=locale,
            url_path=f"{section.url_path}{slug}/", content_type=types[model], live=True,
            translation_key=uuid.UUID(int=number + 1), first_published_at=moment, last_published_at=moment,
            summary=sentences(words[6:26], 20)[0], published_on=published, body=body(words[26:], number),
        )  # fmt: skip
        made.append((page, topics, int(chance.integers(0, AUTHORS))))
    with transaction.atomic():
        rows = [
            Page(**{f.attname: getattr(page, f.attname) for f in Page._meta.concrete_fields if f.attname != "id"})  # noqa: SLF001 (Django's documented API)
            for page, _, _ in made
        ]
        Page.objects.bulk_create(rows)
        for (page, _, _), row in zip(made, rows, strict=True):
            page.id = page.page_ptr_id = row.pk
        for model in types:
            insert_rows(model, [page for page, _, _ in made if type(page) is model])
        Card.objects.bulk_create(
            Card(page_id=page.pk, kind=page.kind.key, title=page.title, summary=page.summary,
                 published_on=page.published_on)
            for page, _, _ in made
        )  # fmt: skip
        PageTopic.objects.bulk_create(
            PageTopic(page_id=page.pk, topic_id=ground["topics"][topic], sort_order=place)
            for page, topics, _ in made
            for place, topic in enumerate(topics)
        )
        PageAuthor.objects.bulk_create(
            PageAuthor(page_id=page.pk, profile_id=ground["authors"][author], sort_order=0) for page, _, author in made
        )
        OutboxEntry.objects.bulk_create(
            OutboxEntry(key=f"page:{page.pk}", changed_at=page.first_published_at) for page, _, _ in made
        )
        Page.objects.filter(pk=section.pk).update(numchild=first + count)


def insert_rows(model: Any, pages: Sequence[Any]) -> None:
    """Insert the child rows of pages whose parent rows exist, which `bulk_create` does not do."""
    from django.db.models.sql import InsertQuery  # noqa: PLC0415 (Django is set up by now)

    for start in range(0, len(pages), 250):
        query = InsertQuery(model)
        query.insert_values(model._meta.local_concrete_fields, pages[start : start + 250])  # noqa: SLF001 (Django's documented API)
        query.get_compiler(using="default").execute_sql()


if __name__ == "__main__":
    main()
