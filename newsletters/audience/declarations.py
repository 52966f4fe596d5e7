"""What this room keeps about people. See `newsletters.audience.personal_data`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from newsletters.audience.personal_data import Declaration, personal_data
from newsletters.audience.selectors import permission_history

if TYPE_CHECKING:
    from datetime import datetime

    from newsletters.audience.models import Subscriber


def declare() -> None:
    """Fill the registry; called once, when the apps are ready."""
    for declaration in (*_DECLARATIONS, *_OF_LOWER_ROOMS):
        personal_data.declare(declaration)
    for field in _NOT_PERSONAL:
        personal_data.exempt(field)


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _person(subscriber: Subscriber) -> dict[str, Any]:
    return {
        "email": subscriber.email,
        "name": subscriber.name,
        "frequency": subscriber.get_frequency_display(),
        "since": _moment(subscriber.created_at),
        "confirmed": _moment(subscriber.confirmed_at),
        "suppressed": _moment(subscriber.suppressed_at),
        "number": str(subscriber.public_id),
    }


def _topics(subscriber: Subscriber) -> list[str]:
    return list(subscriber.topics.values_list("name", flat=True))


def _subscriptions(subscriber: Subscriber) -> list[dict[str, Any]]:
    moments = ("requested_at", "confirmed_at", "unsubscribed_at", "bounced_at", "complained_at", "last_mailed_at")
    return [
        {
            "list": subscription.mailing_list.name,
            "state": subscription.get_state_display(),
            **{name: _moment(getattr(subscription, name)) for name in moments},
        }
        for subscription in subscriber.subscriptions.select_related("mailing_list")
    ]


def _permission(subscriber: Subscriber) -> list[dict[str, Any]]:
    return [
        {
            "at": _moment(record.at),
            "event": record.get_event_display(),
            "list": record.mailing_list.name,
            "ground": record.get_ground_display(),
            "basis": record.get_basis_display(),
            "purpose": record.purpose,
            "wording": record.wording.text if record.wording else None,
            "evidence": record.get_evidence_display(),
            "attestation": record.attestation,
            "page": record.page_address,
        }
        for record in permission_history(subscriber.public_id)
    ]


def _mails(subscriber: Subscriber) -> list[dict[str, Any]]:
    return [
        {"kind": mail.get_kind_display(), "state": mail.get_state_display(), "at": _moment(mail.created_at)}
        for mail in subscriber.outgoing_mails.all()
    ]


# What looks personal by its name and is not: names of things, and contact data of the organisation itself.
_NOT_PERSONAL = (
    "audience.AudienceSettings.sender_address",
    "audience.AudienceSettings.sender_name",
    "audience.MailingList.name",
    "delivery.Mailing.list_name",
    "issues.NewsletterPage.postal_address",
    "issues.NewsletterPage.sender_address",
    "issues.NewsletterPage.sender_name",
    "organisation.MenuItem.address",
    "organisation.Organisation.contact_email",
    "organisation.Organisation.name",
    "organisation.Organisation.postal_address",
    "topics.Topic.name",
)

# The rooms below cannot import this one, so what they keep is declared here for them. None of it is about
# subscribers: no export and no erasure goes with theirs.
_OF_LOWER_ROOMS = (
    Declaration(
        model="users.User",
        fields=("username", "first_name", "last_name", "email"),
        what="Names and addresses of editors.",
        why="To log in, and to say who changed and approved what.",
        retention="While the person works here; then deactivated, and anonymised on request.",
        erased_by="An administrator, in the admin.",
    ),
    Declaration(
        model="people.Profile",
        fields=("name",),
        what="Names of authors and of staff, as published.",
        why="To credit authors (Copyright, Designs and Patents Act 1988, s. 77).",
        retention="As long as their pages are published.",
        erased_by="An editor, in the admin.",
    ),
    Declaration(
        model="community.GroupPage",
        fields=("contact_email",),
        what="The published address of a group's contact.",
        why="So that people can join the group.",
        retention="As long as the page is published.",
        erased_by="An editor, in the admin.",
    ),
    Declaration(
        model="vacancies.VacancyPage",
        fields=("apply_email",),
        what="The published address for applications.",
        why="So that people can apply.",
        retention="As long as the page is published.",
        erased_by="An editor, in the admin.",
    ),
)

_DECLARATIONS = (
    Declaration(
        model="audience.Subscriber",
        fields=("email", "canonical", "name", "public_id"),
        what="Address, name if given, how often the person wants mail.",
        why="To send the newsletters that the person asked for.",
        retention="Until erased; 30 days after an unconfirmed link has run out.",
        erased_by="The row is deleted.",
        export_key="subscriber",
        export=_person,
    ),
    Declaration(
        model="audience.TopicInterest",
        fields=(),
        what="Topics the person follows.",
        why="To show parts of an issue to those who follow its topic.",
        retention="As long as the subscriber.",
        erased_by="Deleted with the subscriber.",
        export_key="topics",
        export=_topics,
    ),
    Declaration(
        model="audience.Subscription",
        fields=(),
        what="Which lists the person is on, and when each state began.",
        why="To know whom to mail, and to prove that an unsubscription was honoured.",
        retention="As long as the subscriber.",
        erased_by="Deleted with the subscriber.",
        export_key="subscriptions",
        export=_subscriptions,
    ),
    Declaration(
        model="audience.PermissionRecord",
        fields=("subscriber_public_id", "page_address"),
        what="What the person was asked, in which words, and the answer. No address, no name, no IP address.",
        why="Proof of permission (UK GDPR Art. 7(1)), also after erasure (Art. 17(3)(e)).",
        retention="Kept; after erasure its number points to nobody.",
        erased_by="Stays in this minimal form.",
        export_key="permission",
        export=_permission,
    ),
    Declaration(
        model="audience.Suppression",
        fields=(),
        what="A keyed hash of the address and a reason.",
        why="So that an address that left, complained or was erased is not mailed again (Art. 21(3)).",
        retention="Kept until lifted by the person's own new request or an operator.",
        erased_by="Stays: it is what keeps the erasure effective.",
    ),
    Declaration(
        model="audience.OutgoingMail",
        fields=("public_id",),
        what="That a confirmation or a link was sent, and the relay's answer code.",
        why="To send it once and to try again after trouble.",
        retention="30 days.",
        erased_by="Deleted with the subscriber.",
        export_key="mails",
        export=_mails,
    ),
)
