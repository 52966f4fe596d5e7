"""Fixtures of delivery's integration tests."""

from __future__ import annotations

import pytest


@pytest.fixture
def topic(db):
    from tests.factories.pages import TopicFactory

    return TopicFactory()


@pytest.fixture
def issue_page(db):
    from tests.factories.issues import IssuePageFactory

    return IssuePageFactory()
