"""The contract: whatever looks personal is declared, and what is declared can be exported and erased."""

from __future__ import annotations

import json

import pytest
from django.apps import apps
from django.db import models

from newsletters.audience.declarations import declare
from newsletters.audience.personal_data import Declaration, PersonalData, looks_personal, personal_data
from newsletters.audience.services import erase_subscriber, export_subscriber
from tests.factories.audience import SubscriptionFactory

OURS = {"content", "newsletters", "search", "courant"}


def own_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models(include_auto_created=True) if model.__module__.split(".")[0] in OURS]


@pytest.mark.parametrize("model", own_models(), ids=lambda model: model._meta.label)
def test_every_field_that_looks_personal_is_declared_or_exempt(model):
    suspicious = {field.name for field in model._meta.local_fields if looks_personal(field)}
    exempt = {name.rsplit(".", 1)[1] for name in personal_data.exemptions() if name.startswith(f"{model._meta.label}.")}
    missing = suspicious - personal_data.declared_fields(model) - exempt
    assert not missing, f"declare {missing} in the room's declarations, or exempt them with a reason"


def test_declarations_and_exemptions_name_fields_that_exist():
    for declaration in personal_data:
        model = apps.get_model(declaration.model)
        for name in declaration.fields:
            model._meta.get_field(name)
        for words in (declaration.what, declaration.why, declaration.retention, declaration.erased_by):
            assert words.endswith(".")
        assert bool(declaration.export) == bool(declaration.export_key)
    for path in personal_data.exemptions():
        label, name = path.rsplit(".", 1)
        apps.get_model(label)._meta.get_field(name)


@pytest.mark.parametrize(
    ("field", "suspicious"),
    [
        ("email", True), ("contact_email", True), ("first_name", True), ("reset_token", True), ("ip", True),
        ("recipient", True), ("canonical", True), ("title", False), ("description", False), ("renamed", False),
        ("ship", False),
    ],
)  # fmt: skip
def test_what_looks_personal(field, suspicious):
    made = models.CharField(max_length=10)
    made.name = field
    assert looks_personal(made) is suspicious


def test_an_address_field_looks_personal_under_any_name():
    made = models.GenericIPAddressField()
    made.name = "seen_from"
    assert looks_personal(made)


def test_a_model_is_declared_once():
    registry = PersonalData()
    declaration = Declaration("a.B", (), "W.", "W.", "R.", "E.")
    registry.declare(declaration)
    with pytest.raises(ValueError, match="already"):
        registry.declare(declaration)
    with pytest.raises(ValueError, match="already"):
        declare()


@pytest.mark.django_db
def test_every_room_that_declares_an_export_gives_json_and_every_eraser_runs():
    subscription = SubscriptionFactory()
    copy = export_subscriber(subscriber=subscription.subscriber)
    assert json.loads(json.dumps(copy)) == copy
    assert set(copy) == {declaration.export_key for declaration in personal_data if declaration.export}
    erase_subscriber(subscriber=subscription.subscriber, at=subscription.requested_at)
