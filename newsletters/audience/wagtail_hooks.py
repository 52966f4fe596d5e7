"""The audience's place in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Permission
from wagtail import hooks

from newsletters.audience.viewsets import AudienceGroup

if TYPE_CHECKING:
    from django.db.models import QuerySet


@hooks.register("register_admin_viewset")
def register_audience() -> AudienceGroup:
    """Add "Audience" with lists and subscribers."""
    return AudienceGroup()


@hooks.register("register_permissions")
def register_permissions() -> QuerySet[Permission]:
    """Let groups be given the right to act on people at their request."""
    return Permission.objects.filter(content_type__app_label="audience", codename="change_subscriber")
