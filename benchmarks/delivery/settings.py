"""The settings of one machine, on PostgreSQL, with what a measurement wants changed."""

from __future__ import annotations

import json
import os

from courant.settings.dev import *  # noqa: F403

DELIVERY = json.loads(os.environ.get("BENCHMARK_DELIVERY", "{}"))
