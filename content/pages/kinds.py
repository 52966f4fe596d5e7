"""The kinds of page that readers see named: the eyebrow on a card, the hue of its cover, the filter in search."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of page.

    `key` is stored (cards, search documents) and stands in addresses (`?type=blog`), so it never changes; `label`
    and `plural` are shown; `hue` names one of the eight hues of the identity, or "" for the accent.
    """

    key: str
    label: str
    plural: str
    hue: str = ""


STANDARD = Kind("page", "Page", "Pages")
SECTION = Kind("section", "Section", "Sections")
HOME = Kind("home", "Home", "Home")
GUIDE = Kind("guide", "Quick guide", "Quick guides", "guide")
CHAPTER = Kind("chapter", "Guide chapter", "Guide chapters", "guide")
BLOG = Kind("blog", "Blog", "Blogs", "blog")
NEWSLETTER_FEATURE = Kind("newsletter-feature", "Newsletter feature", "Newsletter features", "newsletter")
NEWSLETTER_BLOG = Kind("newsletter-blog", "Newsletter blog", "Newsletter blogs", "newsletter")
NEWS = Kind("news", "News", "News", "news")
REPORT = Kind("report", "Report", "Reports", "report")
EVENT = Kind("event", "Event", "Events", "event")
VACANCY = Kind("vacancy", "Vacancy", "Vacancies", "vacancy")
COMMUNITY_GROUP = Kind("community-group", "Community group", "Community groups", "community")
COMMUNITY_STORY = Kind("community-story", "Q community story", "Q community stories", "community")
NEWSLETTER = Kind("newsletter", "Newsletter", "Newsletters", "newsletter")
ISSUE = Kind("issue", "Newsletter issue", "Newsletter issues", "newsletter")
TOPIC = Kind("topic", "Topic", "Topics")
PERSON = Kind("person", "Person", "People")
ORGANISATION = Kind("organisation", "Organisation", "Organisations")
FILE = Kind("file", "PDF file", "PDF files")

KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        STANDARD, SECTION, HOME, GUIDE, CHAPTER, BLOG, NEWSLETTER_FEATURE, NEWSLETTER_BLOG, NEWS, REPORT, EVENT,
        VACANCY, COMMUNITY_GROUP, COMMUNITY_STORY, NEWSLETTER, ISSUE, TOPIC, PERSON, ORGANISATION, FILE,
    )
}  # fmt: skip

ARTICLE_KINDS = (GUIDE, BLOG, NEWSLETTER_FEATURE, NEWSLETTER_BLOG, NEWS, REPORT, COMMUNITY_STORY)
"""What "new on the site" lists show."""
