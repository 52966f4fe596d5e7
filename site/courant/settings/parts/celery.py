"""Celery: late acknowledgement, one task at a time, short tasks.

A killed worker's task comes back only after `visibility_timeout`, which must exceed the longest task; so recovery
never waits for redelivery: work is found again by leases in the database and the sweeps of the beat below.
"""

from __future__ import annotations

from typing import Any

from kombu import Queue

LONGEST_TASK_SECONDS = 300


def celery_settings(*, broker: str, prefix: str = "") -> dict[str, Any]:
    """Return the `CELERY_*` settings for a broker; `prefix` keeps parallel test workers apart."""
    queues = [Queue(f"{prefix}{name}") for name in ("transactional", "index", "bulk")]
    return {
        "CELERY_BROKER_URL": broker,
        "CELERY_RESULT_BACKEND": None,
        "CELERY_TASK_IGNORE_RESULT": True,
        "CELERY_TASK_ACKS_LATE": True,
        "CELERY_TASK_REJECT_ON_WORKER_LOST": True,
        "CELERY_WORKER_PREFETCH_MULTIPLIER": 1,
        "CELERY_TASK_TIME_LIMIT": LONGEST_TASK_SECONDS + 20,
        "CELERY_TASK_SOFT_TIME_LIMIT": LONGEST_TASK_SECONDS,
        "CELERY_TASK_QUEUES": queues,
        "CELERY_TASK_DEFAULT_QUEUE": f"{prefix}transactional",
        "CELERY_TASK_ROUTES": {
            "search.*": {"queue": f"{prefix}index"},
            "content.*": {"queue": f"{prefix}index"},
            "newsletters.delivery.*": {"queue": f"{prefix}bulk"},
            "newsletters.issues.*": {"queue": f"{prefix}bulk"},
        },
        "CELERY_BROKER_TRANSPORT_OPTIONS": {
            "visibility_timeout": LONGEST_TASK_SECONDS + 60,
            "unacked_restore_interval": 1,
            "socket_timeout": 5,
            "socket_connect_timeout": 1,
            # Whoever nudges a worker is an editor who waits for a page to be saved: kombu's own pauses between
            # attempts (2 s, then 4 s) cost each of them six seconds while the broker is down. Sweeps find what is lost.
            "max_retries": 1,
            "interval_start": 0.2,
            "interval_step": 0.2,
            "interval_max": 0.2,
        },
        "CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP": True,
        "CELERY_WORKER_HIJACK_ROOT_LOGGER": False,
        "CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS": True,
        "CELERY_TIMEZONE": "Europe/London",
        "CELERY_BEAT_SCHEDULE": {
            "publish scheduled pages": {"task": "content.pages.publish_scheduled", "schedule": 15.0},
            "refresh the social panel": {"task": "content.organisation.refresh_social_post", "schedule": 900.0},
            "sweep the search outbox": {"task": "search.sweep_outbox", "schedule": 10.0},
            "read files that can be searched": {"task": "search.read_files", "schedule": 60.0},
            "keep the counts of searches": {"task": "search.keep_counts", "schedule": 30.0},
            "forget old counts of searches": {"task": "search.forget_counts", "schedule": 86_400.0},
            "find search jobs left behind": {"task": "search.sweep_jobs", "schedule": 30.0},
            "sweep mailings": {"task": "newsletters.delivery.sweep_mailings", "schedule": 5.0},
            "read the bounce mailbox": {"task": "newsletters.delivery.read_bounces", "schedule": 300.0},
            "remove old returned mail": {"task": "newsletters.delivery.remove_old_returned", "schedule": 86_400.0},
            "compact mailings": {"task": "newsletters.delivery.compact_mailings", "schedule": 3_600.0},
            "send waiting confirmations": {"task": "newsletters.audience.sweep_confirmations", "schedule": 20.0},
            "forget the unconfirmed": {"task": "newsletters.audience.remove_unconfirmed", "schedule": 86_400.0},
        },
    }
