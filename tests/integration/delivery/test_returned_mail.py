"""Returned mail in the admin: to be looked at by whoever may, and nothing else."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from newsletters.delivery.bounces.viewsets import ReturnedViewSet
from newsletters.delivery.models import Returned
from newsletters.delivery.services import record_returned
from tests.factories.returned.building import message

pytestmark = pytest.mark.django_db


@pytest.fixture
def returned():
    raw = message(
        "<script>alert(1)</script> in no known form\n", Subject="=?utf-8?q?Gr=C3=BC=C3=9Fe?=", From="a@b.example"
    )
    return record_returned(raw=raw, at=timezone.now()).returned


def log_in(client, *permissions):
    user = get_user_model().objects.create_user("operator", "operator@institute.example", "invented-password")
    user.user_permissions.add(*Permission.objects.filter(codename__in=["access_admin", *permissions]))
    client.force_login(user)


def address(name, *arguments):
    return reverse(f"{ReturnedViewSet().url_namespace}:{name}", args=arguments)


def test_whoever_may_look_sees_what_was_not_understood(client, returned):
    log_in(client, "view_returned")
    listing = client.get(address("list"), {"state": Returned.State.UNKNOWN})
    assert "Grüße" in listing.content.decode()
    shown = client.get(address("inspect", returned.pk)).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; in no known form" in shown


def test_others_see_nothing(client, returned):
    log_in(client)
    assert client.get(address("list")).status_code == 302
    assert client.get(address("inspect", returned.pk)).status_code == 302


def test_nobody_changes_what_came_in(client, admin_user, returned):
    client.force_login(admin_user)
    assert client.get(address("add")).status_code == 302
    assert client.post(address("delete", returned.pk)).status_code == 302
    assert Returned.objects.exists()
