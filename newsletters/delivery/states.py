"""The states of a mailing and of a recipient, and every move between them: the only place where these are written."""

from __future__ import annotations

from typing import Final

from django.db import models


class MailingState(models.TextChoices):
    """Where a mailing stands."""

    FREEZING = "freezing", "Writing the list of recipients"
    FROZEN = "frozen", "Waiting for its time"
    MISSED = "missed", "Missed its time; waiting for a decision"
    SENDING = "sending", "Sending"
    PAUSED = "paused", "Paused"
    FINISHED = "finished", "Finished"
    CANCELLED = "cancelled", "Cancelled"


MAILING_MOVES: Final[dict[str, frozenset[str]]] = {
    MailingState.FREEZING: frozenset({MailingState.FROZEN, MailingState.CANCELLED}),
    MailingState.FROZEN: frozenset({MailingState.SENDING, MailingState.MISSED, MailingState.CANCELLED}),
    MailingState.MISSED: frozenset({MailingState.SENDING, MailingState.CANCELLED}),
    MailingState.SENDING: frozenset({MailingState.PAUSED, MailingState.FINISHED, MailingState.CANCELLED}),
    MailingState.PAUSED: frozenset({MailingState.SENDING, MailingState.CANCELLED}),
    # Resending what was unknown reopens a finished mailing.
    MailingState.FINISHED: frozenset({MailingState.SENDING}),
    MailingState.CANCELLED: frozenset(),
}
OVER: Final = frozenset({MailingState.FINISHED, MailingState.CANCELLED})
"""States in which nothing will be sent unless somebody asks for it."""


class Outcome(models.IntegerChoices):
    """What became of one recipient. A small number, because it is written once a message."""

    PENDING = 0, "Not sent yet"
    ACCEPTED = 1, "Accepted"
    DEFERRED = 2, "Deferred"
    REJECTED = 3, "Rejected"
    UNKNOWN = 4, "Unknown"
    SUPPRESSED = 5, "Not sent: no permission any more"
    CLOSED = 6, "Unknown, closed by an operator"


OUTCOME_MOVES: Final[dict[Outcome, frozenset[Outcome]]] = {
    Outcome.PENDING: frozenset(
        {Outcome.ACCEPTED, Outcome.DEFERRED, Outcome.REJECTED, Outcome.UNKNOWN, Outcome.SUPPRESSED}
    ),
    # When its time has come it is pending again; that it is given up is noted as rejected.
    Outcome.DEFERRED: frozenset({Outcome.PENDING, Outcome.REJECTED}),
    Outcome.UNKNOWN: frozenset({Outcome.PENDING, Outcome.CLOSED}),
    Outcome.ACCEPTED: frozenset(),
    Outcome.REJECTED: frozenset(),
    Outcome.SUPPRESSED: frozenset(),
    Outcome.CLOSED: frozenset(),
}


class ChunkState(models.IntegerChoices):
    """Whether a sender may take a chunk."""

    FREE = 0, "Free"
    LEASED = 1, "With a sender"
    DONE = 2, "Done"


class ForbiddenMoveError(Exception):
    """A mailing cannot go from the state it is in to the one asked for; the message is fit for an operator."""


def check_move(before: str, after: str) -> None:
    """Refuse what the table does not list.

    Raises:
        ForbiddenMoveError: in words for the operator.
    """
    if after not in MAILING_MOVES[before]:
        words = (MailingState(before).label.lower(), MailingState(after).label.lower())
        raise ForbiddenMoveError(f"The mailing is {words[0]}; it cannot become {words[1]} from there.")
