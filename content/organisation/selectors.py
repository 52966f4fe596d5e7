"""What frames every page: the organisation's facts, menus and panels, read at once and remembered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils import timezone

from content.organisation.models import FRAME_KEY, MenuItem, Organisation

REMEMBER_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a menu or a panel."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything around a page's own content."""

    name: str
    tagline: str
    legal_line: str
    postal_address: str
    contact_email: str
    main_menu: tuple[Link, ...]
    footer_menu: tuple[Link, ...]
    social_heading: str
    social_follow: Link
    social_post: str
    social_post_url: str
    social_posted_at: datetime | None
    social_fresh_until: datetime | None
    work_heading: str
    work_text: str
    work_text_empty: str
    work_link: Link
    community_heading: str
    community_text: str
    community_link: Link

    def social_is_fresh(self, at: datetime | None = None) -> bool:
        """Whether the latest post may still be shown; one without a time never is."""
        at = at or timezone.now()
        return bool(self.social_post) and self.social_fresh_until is not None and at < self.social_fresh_until


def _path(url_path: str) -> str:
    """The path readers use: a page's `url_path` without its first component, the home page's."""
    return "/" + url_path.removeprefix("/").partition("/")[2]


def _menu(items: list[MenuItem], menu: str) -> tuple[Link, ...]:
    links = []
    for item in items:
        if item.menu != menu:
            continue
        if item.page is not None:
            if item.page.live:
                links.append(Link(item.label, _path(item.page.url_path)))
        elif item.address:
            links.append(Link(item.label, item.address))
    return tuple(links)


def read_frame() -> Frame:
    """Read the frame from the database: one query, or a second where the organisation has no menu yet."""
    items = list(
        MenuItem.objects.select_related("page", "organisation__work_page", "organisation__community_page").order_by(
            "organisation_id", "sort_order"
        )
    )
    found = Organisation.objects.select_related("work_page", "community_page").first() if not items else None
    organisation = items[0].organisation if items else found or Organisation()
    work_url = _path(organisation.work_page.url_path) if organisation.work_page else organisation.work_url
    community_page = organisation.community_page
    community_url = _path(community_page.url_path) if community_page else organisation.community_url
    posted_at = organisation.social_posted_at
    return Frame(
        name=organisation.name,
        tagline=organisation.tagline,
        legal_line=organisation.legal_line,
        postal_address=organisation.postal_address,
        contact_email=organisation.contact_email,
        main_menu=_menu(items, MenuItem.Menu.MAIN),
        footer_menu=_menu(items, MenuItem.Menu.FOOTER),
        social_heading=organisation.social_heading,
        social_follow=Link(
            organisation.social_follow_text or f"Follow {organisation.name}", organisation.social_follow_url
        ),
        social_post=organisation.social_post,
        social_post_url=organisation.social_post_url,
        social_posted_at=posted_at,
        social_fresh_until=posted_at + timedelta(days=organisation.social_stale_days) if posted_at else None,
        work_heading=organisation.work_heading,
        work_text=organisation.work_text,
        work_text_empty=organisation.work_text_empty,
        work_link=Link(organisation.work_link_text, work_url),
        community_heading=organisation.community_heading,
        community_text=organisation.community_text,
        community_link=Link(organisation.community_link_text, community_url),
    )


def frame() -> Frame:
    """The frame, remembered for five minutes or until somebody saves what it is made of."""
    found: Frame | None = cache.get(FRAME_KEY)
    if found is None:
        found = read_frame()
        cache.set(FRAME_KEY, found, REMEMBER_SECONDS)
    return found
