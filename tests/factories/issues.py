"""Factories of newsletters and issues."""

from __future__ import annotations

from datetime import date
from typing import Any

import factory

from newsletters.audience.models import MailingList
from newsletters.issues.models import IssuePage, NewsletterPage
from tests.factories.pages import BasePageFactory


class NewsletterListFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = MailingList

    name = factory.Sequence(lambda n: f"List of newsletter {n}")
    slug = factory.Sequence(lambda n: f"newsletter-{n}")
    purpose = "To send the newsletter that people asked for."


class NewsletterPageFactory(BasePageFactory):
    class Meta:
        model = NewsletterPage

    class Params:
        section_slug = "newsletters"

    title = factory.Sequence(lambda n: f"The monthly round {n}")
    mailing_list = factory.SubFactory(NewsletterListFactory)
    sender_name = "The Alder Institute"
    sender_address = "news@example.org"
    postal_address = "1 Mill Lane\nLeeds LS1 1AA"


class IssuePageFactory(BasePageFactory):
    """An issue; `body=` takes a list of (block, value)."""

    class Meta:
        model = IssuePage

    title = factory.Sequence(lambda n: f"What carried the others {n}")
    preheader = "Three wards, one whiteboard, and what happened next."
    parent: Any = factory.SubFactory(NewsletterPageFactory)
    published_on = date(2026, 11, 20)
