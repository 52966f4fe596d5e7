"""A search through the query model against the same request through the bare client, and what a reader's page adds.

Both ask for facets and highlights; the request of a query is the very same body. They take turns, so that whatever else
the machine does harms both.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import django

if TYPE_CHECKING:
    from collections.abc import Callable

QUERIES = 80


def main() -> None:
    """Ask every query so many times and report medians in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    django.setup()
    from django.test import Client  # noqa: PLC0415 (Django is set up by now)
    from django.test.utils import setup_test_environment  # noqa: PLC0415 (as above)
    from django.utils import timezone  # noqa: PLC0415 (as above)

    from search.engines import get_engine  # noqa: PLC0415 (as above)
    from search.engines.elasticsearch.searching import search_body  # noqa: PLC0415 (as above)
    from search.finding import find  # noqa: PLC0415 (as above)
    from search.query import parse_query  # noqa: PLC0415 (as above)
    from search.results import checked_hits  # noqa: PLC0415 (as above)

    engine: Any = get_engine()
    client, index = engine.connection.reader, engine.live_generation()
    browser = Client(HTTP_HOST="localhost")
    setup_test_environment()
    asked = texts()
    taken: dict[str, list[float]] = {}
    medians: list[dict[str, float]] = []
    for number in range(rounds + 1):
        taken = {name: [] for name in ("parsing", "raw", "ours", "answer", "check", "page")}
        for place, (text, kinds) in enumerate(asked):
            at = timezone.now()
            query = timed(taken["parsing"], lambda: parse_query(text, at=at, kinds=kinds))  # noqa: B023 (called at once)
            body = search_body(query)
            calls: list[Callable[[], Any]] = [
                lambda: timed(taken["raw"], lambda: client.search(index=index, body=body)),  # noqa: B023 (as above)
                lambda: timed(taken["ours"], lambda: engine.search(query)),  # noqa: B023 (as above)
            ]
            for call in calls if (place + number) % 2 else reversed(calls):
                call()
            answer = timed(taken["answer"], lambda: find(engine, query))  # noqa: B023 (as above)
            timed(taken["check"], lambda: checked_hits(answer.found.hits))  # noqa: B023 (as above)
            address = f"/search/?q={quote(text)}" + "".join(f"&type={kind}" for kind in kinds)
            response = timed(taken["page"], lambda: browser.get(address))  # noqa: B023 (as above)
            assert response.status_code == 200, (address, response.status_code)
        if number:  # the first warms up
            medians.append({name: median(values) for name, values in taken.items()})
    figures = {f"{name}_p50_ms": round(median(each[name] for each in medians) * 1000, 2) for name in taken}
    ratios = [each["ours"] / each["raw"] for each in medians]
    print(
        json.dumps(
            {
                "queries": len(asked),
                "rounds": rounds,
                **figures,
                "ours_p95_ms": round(quantiles(taken["ours"], n=20)[18] * 1000, 2),
                "raw_p95_ms": round(quantiles(taken["raw"], n=20)[18] * 1000, 2),
                "ratio_to_raw_client": round(median(ratios), 3),
                "ratio_to_raw_client_spread": [round(min(ratios), 3), round(max(ratios), 3)],
            }
        )
    )


def timed(values: list[float], action: Callable[[], Any]) -> Any:
    """Run an action and keep the seconds it took."""
    started = time.perf_counter()
    result = action()
    values.append(time.perf_counter() - started)
    return result


def texts() -> list[tuple[str, tuple[str, ...]]]:
    """Return what readers might type: words and phrases of the pages there are, a third of them with a filter."""
    from content.pages.models import Card  # noqa: PLC0415 (Django is set up by now)

    chance = random.Random(11)  # noqa: S311 (a sample, no secret)
    numbers = list(Card.objects.visible().exclude(kind="home").order_by("pk").values_list("pk", flat=True))
    cards = list(Card.objects.filter(pk__in=chance.sample(numbers, min(QUERIES, len(numbers)))).order_by("pk"))
    found = []
    for place, card in enumerate(cards):
        words = [word for word in f"{card.title} {card.summary}".split() if len(word) > 3] or [card.title]
        start = chance.randrange(max(1, len(words) - 4))
        chosen = words[start : start + 1 + place % 4]
        text = " ".join(chosen)
        if place % 8 == 7:
            text = f'"{" ".join(words[:2])}" {text}'
        found.append((text, (card.kind,) if place % 3 == 0 else ()))
    return found


if __name__ == "__main__":
    main()
