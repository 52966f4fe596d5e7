"""Who may be written to: lists, subscribers, subscriptions, the record of permission, suppression, waiting mail."""

from newsletters.audience.models.lists import AudienceSettings, MailingList
from newsletters.audience.models.outgoing import OutgoingMail
from newsletters.audience.models.permission import Basis, Event, Evidence, Ground, PermissionRecord, Wording
from newsletters.audience.models.subscribers import Frequency, Subscriber, TopicInterest
from newsletters.audience.models.subscriptions import State, Subscription
from newsletters.audience.models.suppression import Reason, Suppression

__all__ = [
    "AudienceSettings",
    "Basis",
    "Event",
    "Evidence",
    "Frequency",
    "Ground",
    "MailingList",
    "OutgoingMail",
    "PermissionRecord",
    "Reason",
    "State",
    "Subscriber",
    "Subscription",
    "Suppression",
    "TopicInterest",
    "Wording",
]
