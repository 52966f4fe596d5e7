"""Writes that belong to the site as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from wagtail.models import Page, Site

from content.organisation.memory import forget
from content.organisation.models import FRAME_KEY, MenuItem, Organisation
from content.pages.models import HomePage
from content.pages.registry import registry

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT_PORTS = {"http": 80, "https": 443}


@transaction.atomic
def set_up_site() -> list[str]:
    """Make the home page, the sections with fixed addresses and the header's menu; change nothing that is there.

    The one `Site` is kept equal to `SITE_URL` on every call, because links in mails are made from the setting and
    links in pages from the row. An editor's own titles, menus and moved sections stay as they are: a section is
    looked for by its slug under the home page, and a menu is only filled while it is empty.

    Returns:
        What was made, in words, for the command to print; empty when everything was there.
    """
    made: list[str] = []
    home = HomePage.objects.first()
    if home is None:
        root = Page.get_first_root_node()
        # Wagtail's first migration leaves a "Welcome" page with the slug that ours wants.
        Page.objects.child_of(root).filter(slug="home", content_type__model="page").delete()
        root = Page.objects.get(pk=root.pk)
        home = root.add_child(instance=HomePage(title="Home", slug="home", lead_button="Read more"))
        made.append("home page")
    made += _set_up_sections(home)
    address = urlsplit(settings.SITE_URL)
    port = address.port or DEFAULT_PORTS[address.scheme]
    site, created = Site.objects.get_or_create(
        is_default_site=True, defaults={"hostname": address.hostname, "port": port, "root_page": home}
    )
    if (site.hostname, site.port, site.root_page_id) != (address.hostname, port, home.pk):
        site.hostname, site.port, site.root_page = address.hostname, port, home
        site.save()
        created = True
    if created:
        made.append(f"site at {settings.SITE_URL}")
    return made + _set_up_menu(home)


def _set_up_sections(home: HomePage) -> list[str]:
    made = []
    there = set(home.get_children().values_list("slug", flat=True))
    for section in _in_order():
        if section.slug not in there:
            page = section.build()
            page.slug = section.slug
            home.add_child(instance=page)
            made.append(f"/{section.slug}/")
    return made


def _set_up_menu(home: HomePage) -> list[str]:
    organisation = Organisation.load()
    if organisation.menu_items.exists():
        return []
    pages = {page.slug: page for page in home.get_children()}
    items = [
        MenuItem(
            organisation=organisation,
            menu=MenuItem.Menu.MAIN,
            label=section.menu,
            page=pages[section.slug],
            sort_order=n,
        )
        for n, section in enumerate(_in_order())
        if section.menu and section.slug in pages
    ]
    MenuItem.objects.bulk_create(items)
    forget(FRAME_KEY)
    return ["header menu"] if items else []


def _in_order() -> Iterable:
    return sorted(registry.sections.values(), key=lambda section: (section.order, section.slug))
