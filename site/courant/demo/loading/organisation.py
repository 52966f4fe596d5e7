"""The organisation's name, menus and panels, as long as nobody has given it a name of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from content.organisation.models import MenuItem, Organisation
from courant.demo.faults import ContentFault
from courant.demo.loading.state import taken
from courant.demo.moments import moment
from courant.demo.reading import read_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from courant.demo.loading.state import Load

FACTS = ("name", "tagline", "legal_line", "postal_address", "contact_email")
PANELS = {
    "social": ("heading", "follow_text", "follow_url", "post", "post_url", "stale_days"),
    "work": ("heading", "text", "text_empty", "link_text"),
    "community": ("heading", "text", "link_text"),
}
MENUS = {"menu": MenuItem.Menu.MAIN, "footer": MenuItem.Menu.FOOTER}


def load_organisation(load: Load) -> None:
    """Fill in the organisation's settings; with `reset_dates`, only the moment of its latest post.

    Raises:
        ContentFault: a key is unknown, a page does not exist, a moment cannot be read.
    """
    file = load.folder / "organisation.yaml"
    written = read_yaml(file)
    taken(written, file, (*FACTS, *PANELS, *MENUS))
    organisation = Organisation.load()
    ours = organisation.name == written["name"]
    if not ours and organisation.name != Organisation().name:
        load.say("Organisation: has a name of its own, left as it is")
        return
    with transaction.atomic():
        if not ours:
            _fill(organisation, written, load, file)
            load.made["organisation"] += 1
        elif not load.reset_dates:
            return
        organisation.social_posted_at = _posted(written, load, file)
        organisation.save()


def _posted(written: dict[str, Any], load: Load, file: Path) -> Any:
    try:
        return moment(str(written["social"]["posted"]), now=load.now)
    except ValueError as error:
        raise ContentFault(file, "social, posted", str(error)) from error


def _fill(organisation: Organisation, written: dict[str, Any], load: Load, file: Path) -> None:
    for name in FACTS:
        setattr(organisation, name, written[name].strip())
    for panel, names in PANELS.items():
        taken(written[panel], file, (*names, "posted", "page"))
        for name in names:
            setattr(organisation, f"{panel}_{name}", written[panel][name])
    organisation.work_page_id = _page(written["work"]["page"], load, file, "work")
    organisation.community_page_id = _page(written["community"]["page"], load, file, "community")
    items = [
        MenuItem(menu=menu, label=item["label"], page_id=_page(item["page"], load, file, key), sort_order=number)
        for key, menu in MENUS.items()
        for number, item in enumerate(written[key])
    ]
    organisation.menu_items = items
    organisation.full_clean()


def _page(path: str, load: Load, file: Path, entry: str) -> int:
    number = load.pages.get(path)
    if number is None:
        raise ContentFault(file, entry, f"there is no page at {path!r}")
    return number
