"""One machine, nothing to configure: SQLite, bundled Valkey, embedded search, built-in mailbox, all under `var/`."""

from __future__ import annotations

from pathlib import Path

from courant.settings.base import *
from courant.settings.parts.celery import celery_settings
from courant.settings.parts.databases import with_safe_sqlite
from courant.settings.parts.environment import ROOT, Environment, smtp_settings
from courant.settings.parts.logs import logging_settings
from courant.settings.parts.mail import mail_settings
from courant.settings.parts.secrets import local_secrets

env = Environment()
COURANT_VAR = Path(env.text("COURANT_VAR", str(ROOT / "var"))).resolve()
# The mailbox has no lock on its door, so the site is for this machine alone unless the operator says otherwise.
COURANT_HOST = env.text("COURANT_HOST", "127.0.0.1")
COURANT_PORT = env.number("COURANT_PORT", 8000)
COURANT_MAIL_PORT = env.number("COURANT_MAIL_PORT", 2525)
COURANT_BROKER_PORT = env.number("COURANT_BROKER_PORT", 0)  # 0: any free port, chosen at start
LOCAL_SECRETS = local_secrets(COURANT_VAR)

SECRET_KEY = env.text("SECRET_KEY", LOCAL_SECRETS["SECRET_KEY"])
LINK_KEYS = env.keys("LINK_KEYS", f"local:{LOCAL_SECRETS['LINK_KEY']}")
SUPPRESSION_KEYS = env.keys("SUPPRESSION_KEYS", f"local:{LOCAL_SECRETS['SUPPRESSION_KEY']}")
DEBUG = env.flag("DEBUG", default=False)
SITE_URL = env.url("SITE_URL", f"http://localhost:{COURANT_PORT}", schemes=("http", "https")).rstrip("/")
WAGTAILADMIN_BASE_URL = SITE_URL
ALLOWED_HOSTS = ["*"]

DATABASES = {"default": with_safe_sqlite(env.database("DATABASE_URL", f"sqlite:///{COURANT_VAR / 'courant.sqlite3'}"))}
# The supervisor writes down where its broker listens, so that commands beside a running site reach it too.
_remembered = COURANT_VAR / "broker" / "port"
_port = _remembered.read_text(encoding="utf-8").strip() if _remembered.exists() else "6379"
REDIS_URL = env.url(
    "REDIS_URL",
    f"redis://:{LOCAL_SECRETS['BROKER_PASSWORD']}@127.0.0.1:{_port}/0",
    schemes=("redis", "rediss"),
)
CACHES = {
    "default": {
        "BACKEND": "courant.cache.ForgivingRedisCache",
        "LOCATION": env.url("CACHE_URL", REDIS_URL, schemes=("redis", "rediss")),
        "KEY_PREFIX": "cache",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
    }
}
globals().update(celery_settings(broker=REDIS_URL))

SEARCH_STATISTICS = env.flag("SEARCH_STATISTICS", default=True)
SEARCH_SHOWN_AFTER = max(1, env.number("SEARCH_SHOWN_AFTER", 3))
SEARCH_STATISTICS_DAYS = max(1, env.number("SEARCH_STATISTICS_DAYS", 90))
ELASTICSEARCH_URL = env.url("ELASTICSEARCH_URL", "", schemes=("http", "https"))
SEMANTIC_MODEL = env.text("SEMANTIC_MODEL", "")
SEARCH_SQLITE_PATH = COURANT_VAR / "search.sqlite3"
SMTP = smtp_settings(
    env.url("SMTP_URL", f"smtp://127.0.0.1:{COURANT_MAIL_PORT}", schemes=("smtp", "smtp+starttls", "smtps"))
)
_mail = mail_settings(env)
BOUNCE_ADDRESS, BOUNCE_IMAP = _mail.bounce_address, _mail.bounce_imap
DKIM, ANYMAIL = _mail.dkim, _mail.anymail
MAIL_API: str = _mail.mail_api
COURANT_MAILBOX = True
MAILBOX_ROOT = COURANT_VAR / "mailbox"

MEDIA_URL = "/media/"
MEDIA_ROOT = COURANT_VAR / "media"
STATIC_ROOT = COURANT_VAR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
# Figures for a monitor at /metrics: nobody gets them unless one of these says who may.
METRICS_TOKEN = env.token("METRICS_TOKEN")
METRICS_NETWORKS = env.networks("METRICS_NETWORKS")
LOGGING = logging_settings(json=False, level=env.text("LOG_LEVEL", "INFO"))
env.finish()
