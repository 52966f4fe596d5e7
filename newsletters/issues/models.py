"""Newsletters and their issues: pages of the site that are also mails."""

from __future__ import annotations

from typing import ClassVar

from content.pages import kinds
from content.pages.models import BasePage


class NewsletterIndexPage(BasePage):
    """All newsletters, with the sign-up."""

    kind = kinds.SECTION
    takes_part_in_related = False
    max_count = 1
    subpage_types: ClassVar = ["issues.NewsletterPage"]


class NewsletterPage(BasePage):
    """One newsletter: what it is, its sign-up, its archive."""

    kind = kinds.NEWSLETTER
    takes_part_in_related = False
    parent_page_types: ClassVar = ["issues.NewsletterIndexPage"]
    subpage_types: ClassVar = ["issues.IssuePage"]


class IssuePage(BasePage):
    """One issue: composed here, sent as a mail, kept in the archive."""

    kind = kinds.ISSUE
    takes_part_in_related = False
    parent_page_types: ClassVar = ["issues.NewsletterPage"]
    subpage_types: ClassVar[list[str]] = []
