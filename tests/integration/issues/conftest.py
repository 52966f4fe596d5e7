"""People of the admin, a newsletter with a reader, and an issue that could go out."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone
from wagtail.models import GroupPagePermission

from content.organisation.models import Organisation
from courant.users.models import User
from newsletters.audience.models import (
    Basis,
    Event,
    Evidence,
    Ground,
    PermissionRecord,
    State,
    Subscriber,
    Subscription,
)
from newsletters.issues.models import IssuePage
from newsletters.issues.registry import MailingSummary, registry
from tests.factories.issues import IssuePageFactory, NewsletterPageFactory
from tests.factories.pages import BlogPageFactory, TopicFactory


@pytest.fixture
def newsletter(db):
    organisation = Organisation.load()
    organisation.name = "Alder Institute"
    organisation.save()
    page = NewsletterPageFactory(title="The monthly round", slug="round")
    person = Subscriber.objects.create(email="sam@example.org", canonical="sam@example.org")
    permission = PermissionRecord.objects.create(
        subscriber_public_id=person.public_id,
        mailing_list=page.mailing_list,
        event=Event.CONFIRMED,
        ground=Ground.CONSENT,
        basis=Basis.CONSENT,
        evidence=Evidence.FIRST_HAND,
        purpose="To send the newsletter.",
        at=timezone.now(),
    )
    Subscription.objects.create(
        subscriber=person,
        mailing_list=page.mailing_list,
        state=State.ACTIVE,
        permission=permission,
        requested_at=timezone.now(),
    )
    return page


@pytest.fixture
def blog(newsletter):
    return BlogPageFactory(title="The relationships that recovery runs on")


@pytest.fixture
def topic(db):
    return TopicFactory(name="Measurement")


@pytest.fixture
def issue(newsletter, blog, topic) -> IssuePage:
    """A draft that may go out."""
    section = {"topic": topic, "in_archive": False, "blocks": [("text", "<p>For followers only.</p>")]}
    items = [{"page": blog, "title": "", "summary": ""}]
    page = IssuePageFactory(
        parent=newsletter,
        title="What carried the others",
        slug="one",
        live=False,
        greeting="Dear {{name|colleague}},",
        body=[
            ("page_cards", {"title": "New", "layout": "list", "items": items}),
            ("text", "<p>See you, {{name|friend}}.</p>"),
            ("topic_section", section),
        ],
    )
    page.save_revision()
    return IssuePage.objects.get(pk=page.pk)


def _user(name: str, *permissions: str) -> User:
    """Somebody who may do these things with newsletters and what is below them."""
    from content.pages.models import HomePage

    user = User.objects.create_user(name, f"{name}@example.org", "secret-secret")
    group = Group.objects.create(name=name)
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    for codename in permissions:
        permission = Permission.objects.get(content_type__app_label="wagtailcore", codename=codename)
        GroupPagePermission.objects.create(group=group, page=HomePage.objects.get(), permission=permission)
    user.groups.add(group)
    return user


@pytest.fixture
def publisher(newsletter) -> User:
    return _user("publisher", "change_page", "publish_page")


@pytest.fixture
def writer(newsletter) -> User:
    return _user("writer", "change_page")


@pytest.fixture
def stranger(newsletter) -> User:
    return _user("stranger")


@pytest.fixture
def sent(monkeypatch) -> list[dict]:
    """What was handed over to delivery, whose place a list takes."""
    handed_over: list[dict] = []

    def send(**arguments) -> MailingSummary:
        handed_over.append(arguments)
        return MailingSummary("The mailing", "frozen", {"recipients": 1})

    monkeypatch.setattr(registry, "send_hook", send)
    monkeypatch.setattr(registry, "mailings_hook", lambda **_: [])
    return handed_over
