"""Wagtail's own Elasticsearch backend, as it comes, without the analysers that no field of it names.

The server of the tests has only the filters that somebody uses; leaving out definitions nobody uses changes no work.
"""

from __future__ import annotations

from copy import deepcopy

from modelsearch.backends.elasticsearch8 import Elasticsearch8SearchBackend

_settings = deepcopy(Elasticsearch8SearchBackend.settings)
_analysis = _settings["settings"]["analysis"]
del _analysis["analyzer"]["ngram_analyzer"], _analysis["filter"]["ngram"], _analysis["tokenizer"]


class SearchBackend(Elasticsearch8SearchBackend):
    """The class Wagtail's settings name."""

    settings = _settings
