"""One server or a cluster: everything that matters comes from the environment, and what is missing is said at once."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from courant.settings.base import *
from courant.settings.parts.celery import celery_settings
from courant.settings.parts.databases import with_safe_sqlite
from courant.settings.parts.environment import ROOT, Environment, smtp_settings
from courant.settings.parts.logs import logging_settings
from courant.settings.parts.mail import mail_settings

env = Environment()
SECRET_KEY = env.text("SECRET_KEY")
LINK_KEYS = env.keys("LINK_KEYS")
SUPPRESSION_KEYS = env.keys("SUPPRESSION_KEYS")
SITE_URL = env.url("SITE_URL", schemes=("https", "http")).rstrip("/")
WAGTAILADMIN_BASE_URL = SITE_URL
COURANT_VAR = Path(env.text("COURANT_VAR", str(ROOT / "var"))).resolve()
ALLOWED_HOSTS = [urlsplit(SITE_URL).hostname or "invalid", *env.text("EXTRA_HOSTS", " ").split()]
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SITE_URL else []

TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 1)

DATABASES = {"default": with_safe_sqlite(env.database("DATABASE_URL"))}
REDIS_URL = env.url("REDIS_URL", schemes=("redis", "rediss"))
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
_smtp = env.url("SMTP_URL", "" if env.text("MAIL_API", "") else None, schemes=("smtp", "smtp+starttls", "smtps"))
SMTP = smtp_settings(_smtp) if _smtp else {}
_mail = mail_settings(env)
BOUNCE_ADDRESS, BOUNCE_IMAP = _mail.bounce_address, _mail.bounce_imap
DKIM, ANYMAIL = _mail.dkim, _mail.anymail
MAIL_API: str = _mail.mail_api

MEDIA_URL = env.text("MEDIA_URL", "/media/")
MEDIA_ROOT = COURANT_VAR / "media"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(COURANT_VAR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 31_536_000

_secure = SITE_URL.startswith("https://")
SECURE_SSL_REDIRECT = env.flag("SSL_REDIRECT", default=True) and _secure
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000 if _secure else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _secure
SECURE_HSTS_PRELOAD = _secure
SESSION_COOKIE_SECURE = _secure
CSRF_COOKIE_SECURE = _secure
# Figures for a monitor at /metrics: nobody gets them unless one of these says who may.
METRICS_TOKEN = env.token("METRICS_TOKEN")
METRICS_NETWORKS = env.networks("METRICS_NETWORKS")
LOGGING = logging_settings(json=True, level=env.text("LOG_LEVEL", "INFO"))
env.finish()
