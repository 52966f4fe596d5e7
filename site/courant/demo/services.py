"""Loads the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from content.pages.services import set_up_site
from courant.demo.loading.audience import load_lists, load_subscribers
from courant.demo.loading.classification import load_people, load_topics
from courant.demo.loading.media import load_documents, load_images
from courant.demo.loading.organisation import load_organisation
from courant.demo.loading.pages import load_pages
from courant.demo.loading.state import Load
from courant.demo.reading import CONTENT

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path


def load_demo(
    *,
    say: Callable[[str], None],
    now: datetime | None = None,
    reset_dates: bool = False,
    folder: Path = CONTENT,
) -> Counter[str]:
    """Load what is missing of the demo, and say how far it is.

    A second run changes nothing; a run that was killed is finished by the next. What an editor has changed stays as
    it is. With `reset_dates`, pages that are there get the dates they would have if they were loaded at `now`.

    Returns:
        How many things of each sort were made.

    Raises:
        ContentFault: something in `folder` cannot be read or does not fit; the message names the file and the entry.
    """
    load = Load(now=timezone.localtime(now), say=say, reset_dates=reset_dates, folder=folder)
    set_up_site()
    for name, step in (
        ("Topics", load_topics),
        ("People", load_people),
        ("Images", load_images),
        ("Documents", load_documents),
        ("Mailing lists", load_lists),
        ("Pages", load_pages),
        ("Organisation", load_organisation),
        ("Subscribers", load_subscribers),
    ):
        say(f"{name}…")
        step(load)
    return load.made
