"""Building an image: production's way of storing static files, and nothing else that an operator decides."""

from __future__ import annotations

from courant.settings.base import *
from courant.settings.parts.environment import ROOT, Environment

SECRET_KEY = "not used while files are collected"  # noqa: S105 (no request is answered with these settings)
SITE_URL = "http://localhost"
STATIC_ROOT = Environment().text("STATIC_ROOT", str(ROOT / "var" / "static"))
MEDIA_URL = "/media/"
MEDIA_ROOT = ""
ELASTICSEARCH_URL = ""
SEMANTIC_MODEL = ""
DATABASES: dict[str, dict[str, str]] = {}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
