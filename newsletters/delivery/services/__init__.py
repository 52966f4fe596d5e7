"""Writes: every change of a mailing goes through here."""

from newsletters.delivery.services.freezing import FreezeRefusedError, freeze_audience, freeze_mailing
from newsletters.delivery.services.personal_data import export_received, forget_subscriber
from newsletters.delivery.services.sending import run_sender
from newsletters.delivery.services.steering import (
    cancel_mailing,
    close_unknown,
    pause_mailing,
    resend_unknown,
    resume_mailing,
    start_mailing,
)
from newsletters.delivery.services.sweeping import sweep_mailings

__all__ = [
    "FreezeRefusedError",
    "cancel_mailing",
    "close_unknown",
    "export_received",
    "forget_subscriber",
    "freeze_audience",
    "freeze_mailing",
    "pause_mailing",
    "resend_unknown",
    "resume_mailing",
    "run_sender",
    "start_mailing",
    "sweep_mailings",
]
