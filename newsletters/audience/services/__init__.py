"""Writes: every change of a subscription, of permission and of suppression goes through here."""

from newsletters.audience.services.erasure import erase_subscriber, export_subscriber, remove_unconfirmed
from newsletters.audience.services.mails import queue_mail, request_preferences_link
from newsletters.audience.services.permission import (
    GroundRefused,
    check_ground,
    record_permission,
    record_wording,
    sign_up_wording,
)
from newsletters.audience.services.preferences import change_preferences, unsubscribe_from_all
from newsletters.audience.services.subscriptions import (
    confirm_subscription,
    record_complaint,
    record_hard_bounce,
    record_mailed,
    renew_confirmation,
    request_subscription,
    undo_unsubscription,
    unsubscribe,
)
from newsletters.audience.services.suppression import lift_suppression, suppress_address, suppression_reason

__all__ = [
    "GroundRefused",
    "change_preferences",
    "check_ground",
    "confirm_subscription",
    "erase_subscriber",
    "export_subscriber",
    "lift_suppression",
    "queue_mail",
    "record_complaint",
    "record_hard_bounce",
    "record_mailed",
    "record_permission",
    "record_wording",
    "remove_unconfirmed",
    "renew_confirmation",
    "request_preferences_link",
    "request_subscription",
    "sign_up_wording",
    "suppress_address",
    "suppression_reason",
    "undo_unsubscription",
    "unsubscribe",
    "unsubscribe_from_all",
]
