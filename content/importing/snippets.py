"""Topics and people made from their files; what editors have changed or made themselves is left alone."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from content.importing.findings import Finding, What
from content.importing.values import all_texts, first_text
from content.people.models import Profile
from content.topics.models import Topic

if TYPE_CHECKING:
    from content.importing.mapping import Mapping
    from content.importing.models import ImportedItem
    from content.importing.plan import Planned

FIELDS: dict[str, tuple[str, ...]] = {
    "topic": ("name", "summary"),
    "profile": ("name", "role", "affiliation", "biography", "website"),
}
MODELS: dict[str, Any] = {"topic": Topic, "profile": Profile}


def write_snippet(
    *, item: Planned, record: ImportedItem | None, mapping: Mapping, findings: list[Finding]
) -> tuple[int, str, str]:
    """Make or change a topic or a person.

    Returns:
        Primary key, fingerprint, and what was done: made, changed, edited, deleted, or adopted (it was there).
    """
    model = MODELS[item.kind]
    values = _values(item, model, mapping, findings)
    if record is not None and record.kind == item.kind:
        there = model.objects.filter(pk=record.object_id).first()
        if there is None:
            findings.append(Finding(What.GONE, "the file has changed since"))
            return 0, "", "deleted"
        if record.fingerprint != _fingerprint({name: getattr(there, name) for name in values}):
            findings.append(Finding(What.CONFLICT, "edited since the import"))
            return there.pk, record.fingerprint, "edited"
        for name, value in values.items():
            setattr(there, name, value)
        there.save()
        return there.pk, _fingerprint(values), "changed"
    there = model.objects.filter(slug=item.slug).first()
    if there is None and item.kind == "topic":
        there = model.objects.filter(name=values["name"]).first()
    if there is not None:
        findings.append(Finding(What.ADOPTED, f"{item.kind} {there.slug}"))
        return there.pk, "adopted", "adopted"
    made = model.objects.create(slug=item.slug, **values)
    return made.pk, _fingerprint(values), "made"


def _values(item: Planned, model: Any, mapping: Mapping, findings: list[Finding]) -> dict[str, str]:
    values: dict[str, str] = {"name": item.title}
    rule_fields = item.rule.fields if item.rule else {}
    for name in FIELDS[item.kind]:
        field = model._meta.get_field(name)  # noqa: SLF001 (Django's documented API)
        if name == "summary":
            value = first_text(item.front, rule_fields.get(name, ()) or mapping.key("summary"))
        elif name != "name":
            value = ", ".join(
                all_texts(item.front, rule_fields.get(name, ())[:1]) or all_texts(item.front, rule_fields.get(name, ()))
            )
        else:
            value = item.title
        if field.max_length and len(value) > field.max_length:
            findings.append(Finding(What.FIELD, f"{name}: cut to {field.max_length} characters"))
            value = value[: field.max_length].rstrip()
        values[name] = value
    return values


def _fingerprint(values: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
