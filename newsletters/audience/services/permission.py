"""Writing down permission: the wording that was shown, the ground, the basis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Max

from content.organisation.models import Organisation
from newsletters.audience.models import (
    AudienceSettings,
    Basis,
    Event,
    Evidence,
    Ground,
    MailingList,
    PermissionRecord,
    Subscriber,
    Wording,
)

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

# Which basis of UK GDPR Art. 6 can stand beside which ground of PECR reg. 22. Consent under PECR is consent under
# the GDPR (reg. 2(1)); the soft opt-ins exist for mail without consent, so they rest on something else.
BASES: dict[str, frozenset[str]] = {
    Ground.CONSENT: frozenset({Basis.CONSENT}),
    Ground.SOFT_OPT_IN: frozenset({Basis.LEGITIMATE_INTERESTS}),
    Ground.CHARITABLE_SOFT_OPT_IN: frozenset({Basis.LEGITIMATE_INTERESTS}),
    Ground.SOLICITED: frozenset({Basis.CONSENT, Basis.CONTRACT, Basis.LEGITIMATE_INTERESTS, Basis.PUBLIC_TASK}),
    Ground.CORPORATE: frozenset({Basis.LEGITIMATE_INTERESTS, Basis.PUBLIC_TASK, Basis.CONTRACT}),
}


class GroundRefused(ValueError):  # noqa: N818 (reads as what it is)
    """The ground and the basis cannot stand together; the message says which would."""


def check_ground(*, ground: str, basis: str) -> None:
    """Refuse a pair of ground and basis that cannot hold.

    Raises:
        GroundRefused: with the bases that fit the ground.
    """
    if basis not in BASES[ground]:
        fitting = ", ".join(sorted(BASES[ground]))
        raise GroundRefused(f"The ground '{ground}' needs the basis {fitting}, not '{basis}'.")


def sign_up_wording(request: HttpRequest | None = None) -> str:
    """The words the sign-up form shows at this moment; nothing is written, so that a GET can call it."""
    template: str = AudienceSettings.load(request_or_site=request).sign_up_wording
    return template.replace("{organisation}", Organisation.load(request_or_site=request).name)


def record_wording(*, kind: str, text: str) -> Wording:
    """Return the wording with exactly this text, adding it as the next version if it was never shown before."""
    digest = Wording.digest_of(text)
    found: Wording | None = Wording.objects.filter(kind=kind, digest=digest).first()
    while found is None:
        latest = Wording.objects.filter(kind=kind).aggregate(version=Max("version"))["version"] or 0
        try:
            with transaction.atomic():
                found = Wording.objects.create(kind=kind, version=latest + 1, text=text, digest=digest)
        except IntegrityError:  # somebody else added a version in the same moment
            found = Wording.objects.filter(kind=kind, digest=digest).first()
    return found


def record_permission(  # noqa: PLR0913 (one argument a fact)
    *,
    subscriber: Subscriber,
    mailing_list: MailingList,
    event: Event,
    at: datetime,
    ground: str = Ground.CONSENT,
    basis: str = Basis.CONSENT,
    wording: Wording | None = None,
    evidence: str = Evidence.FIRST_HAND,
    attestation: str = "",
    page_address: str = "",
    like: PermissionRecord | None = None,
) -> PermissionRecord:
    """Add one event to the history of what this person allows this list.

    `like` is the earlier record that this one ends or renews: its ground, basis and wording are repeated.

    Raises:
        GroundRefused: the basis does not fit the ground.
    """
    if like is not None:
        ground, basis, wording = like.ground, like.basis, like.wording
    check_ground(ground=ground, basis=basis)
    return PermissionRecord.objects.create(
        subscriber_public_id=subscriber.public_id,
        mailing_list=mailing_list,
        event=event,
        ground=ground,
        basis=basis,
        purpose=mailing_list.purpose,
        wording=wording,
        evidence=evidence,
        attestation=attestation,
        page_address=page_address[:300],
        at=at,
    )
