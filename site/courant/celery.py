"""The Celery application; workers and beat find it by `-A courant`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courant.settings.dev")

app = Celery("courant")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
