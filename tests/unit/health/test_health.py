"""Live and ready: what they ask, and what they tell to strangers."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from django.test import Client

from courant.health import views

SECRET = "p4ssw0rd-of-the-broker"


@pytest.fixture(autouse=True)
def fresh(settings, valkey_url, monkeypatch):
    settings.REDIS_URL = valkey_url
    views._broker.cache_clear()
    monkeypatch.setattr(views, "_migrated", [])
    yield
    views._broker().close()
    views._broker.cache_clear()


def test_live_asks_nobody(client):
    response = client.get("/health/live")
    assert response.status_code == 200
    assert response.json() == {"status": "live"}


@pytest.mark.django_db
def test_ready_when_database_broker_and_migrations_are(client):
    response = client.get("/health/ready")
    assert response.status_code == 200
    assert response.json() == {"status": "ready"}
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_what_is_missing_is_named_without_a_secret(client, settings):
    settings.REDIS_URL = f"redis://:{SECRET}@127.0.0.1:1/0"
    views._broker.cache_clear()
    response = client.get("/health/ready")
    assert response.status_code == 503
    assert response.json() == {"status": "not ready", "faults": {"broker": "does not answer"}}


@pytest.mark.django_db
def test_a_wrong_password_of_the_broker_is_not_ready(client, settings, valkey_url):
    settings.REDIS_URL = valkey_url.replace("redis://", f"redis://nobody:{SECRET}@")
    views._broker.cache_clear()
    response = client.get("/health/ready")
    assert response.status_code == 503
    assert SECRET not in response.content.decode()


@pytest.mark.django_db
def test_pending_migrations_are_not_ready_until_they_are_applied(client):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'users'")
    response = client.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["faults"] == {"database": "migrations are pending"}


@pytest.mark.django_db
def test_a_database_that_does_not_answer_is_named(client, monkeypatch):
    def refuse(*_, **__):
        raise OperationalError(f"connection to postgres://courant:{SECRET}@db failed")

    monkeypatch.setattr(connection, "cursor", refuse)
    response = client.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["faults"] == {"database": "does not answer"}


def test_a_probe_comes_by_an_address_that_is_no_host_of_the_site_and_without_tls(client, settings):
    settings.ALLOWED_HOSTS = ["institute.example.org"]
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/health/live", headers={"host": "10.0.0.7:8000"}).status_code == 200


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_only_reading_is_allowed(path):
    assert Client().post(path).status_code == 405
