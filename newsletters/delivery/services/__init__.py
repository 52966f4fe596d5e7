"""Writes: every change of a mailing goes through here."""

from newsletters.delivery.services.bounce_policy import apply_policy, judge_bounces
from newsletters.delivery.services.bounces import (
    harvest_rejections,
    record_returned,
    remove_old_returned,
    replay_returned,
)
from newsletters.delivery.services.clicks import count_click, record_links
from newsletters.delivery.services.compacting import Compacted, compact_mailings
from newsletters.delivery.services.freezing import FreezeRefusedError, freeze_audience, freeze_mailing
from newsletters.delivery.services.personal_data import (
    export_bounces,
    export_received,
    forget_bounces,
    forget_subscriber,
)
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
    "Compacted",
    "FreezeRefusedError",
    "apply_policy",
    "cancel_mailing",
    "close_unknown",
    "compact_mailings",
    "count_click",
    "export_bounces",
    "export_received",
    "forget_bounces",
    "forget_subscriber",
    "freeze_audience",
    "freeze_mailing",
    "harvest_rejections",
    "judge_bounces",
    "pause_mailing",
    "record_links",
    "record_returned",
    "remove_old_returned",
    "replay_returned",
    "resend_unknown",
    "resume_mailing",
    "run_sender",
    "start_mailing",
    "sweep_mailings",
]
