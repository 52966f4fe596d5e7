"""The settings of one machine on the benchmark's own servers, with Wagtail's own Elasticsearch backend on request."""

from __future__ import annotations

import os

from courant.settings.dev import *  # noqa: F403
from courant.settings.dev import ELASTICSEARCH_URL

# No manifest of static files is needed to time a page.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# Only where the reference is measured: Wagtail writes every saved page to every backend that is named here.
if os.environ.get("BENCHMARK_REFERENCE"):
    WAGTAILSEARCH_BACKENDS = {
        "default": {"BACKEND": "modelsearch.backends.database"},
        "reference": {
            "BACKEND": "benchmarks.search.reference",
            "URLS": [ELASTICSEARCH_URL],
            "INDEX_PREFIX": "reference_",
            "ATOMIC_REBUILD": True,
            "TIMEOUT": 60,
        },
    }
