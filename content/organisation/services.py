"""What changes the organisation's facts by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from django.utils import timezone

from content.organisation import feeds
from content.organisation.models import Organisation

if TYPE_CHECKING:
    from collections.abc import Callable

log = structlog.get_logger(__name__)


def refresh_social_post(*, read: Callable[[str], feeds.Post | None] = feeds.read_feed) -> bool:
    """Read the feed, if there is one, and keep its newest post; return whether the post changed.

    A feed that cannot be read changes nothing: the post that is there grows stale and is then hidden by itself. A
    post from the future is taken as written now, or it would never grow stale.
    """
    organisation = Organisation.objects.exclude(social_feed_url="").first()
    if organisation is None:
        return False
    try:
        post = read(organisation.social_feed_url)
    except feeds.FeedError as error:
        log.warning("social feed not read", reason=str(error))
        return False
    if post is None:
        return False
    found = (post.text, post.url, min(post.posted_at, timezone.now()))
    if found[:2] == (organisation.social_post, organisation.social_post_url):
        return False
    organisation.social_post, organisation.social_post_url, organisation.social_posted_at = found
    organisation.save(update_fields=["social_post", "social_post_url", "social_posted_at"])
    return True
