"""Talking to the server: short time-outs for readers, patient retries for writes, one kind of error for both."""

from __future__ import annotations

import random
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from elasticsearch import ApiError, Elasticsearch, TransportError

from search.engines.base import EngineUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

log = structlog.get_logger(__name__)

T = TypeVar("T")

# The search page answers within 1.5 s whatever the server does: this leaves time for the page itself.
READ_SECONDS = 1.0
WRITE_SECONDS = 20.0
# An editor looks at the index's state in a page: it may take longer than a reader's question, but not so long.
STATUS_SECONDS = 3.0
# After a failed read, readers are told at once for so long, so that waiting does not use up the web workers.
SECONDS_WITHOUT_READS = 2.0
ATTEMPTS = 3
FIRST_PAUSE_SECONDS = 0.2
TOO_MANY_REQUESTS = 429
# Worth another attempt: the server, a proxy before it, or the way there is overloaded or restarting.
PASSING = frozenset({TOO_MANY_REQUESTS, 502, 503, 504})


class Connection:
    """A client for reading and one for writing, and what to do when they fail."""

    def __init__(self, url: str) -> None:
        """Prepare for the server at `url`; nothing is sent yet."""
        client = Elasticsearch(url, max_retries=0, retry_on_timeout=False, sniff_on_start=False)
        self.reader = client.options(request_timeout=READ_SECONDS)
        self.writer = client.options(request_timeout=WRITE_SECONDS)
        self._silent_until = 0.0

    @contextmanager
    def reading(self) -> Iterator[Elasticsearch]:
        """Give the client for readers' questions: no retry, and after a failure nothing at all for a while."""
        if time.monotonic() < self._silent_until:
            raise EngineUnavailable("Elasticsearch did not answer a moment ago")
        try:
            yield self.reader
        except TransportError as error:
            self._silent_until = time.monotonic() + SECONDS_WITHOUT_READS
            raise EngineUnavailable(_in_words(error)) from error
        except ApiError as error:
            log.warning("Elasticsearch refused a question", status=error.status_code, error=error.error)
            raise EngineUnavailable(_in_words(error)) from error

    def once(self, action: Callable[[Elasticsearch], T]) -> T:
        """Run a call for an editor who waits for it: no second attempt."""
        try:
            return action(self.reader.options(request_timeout=STATUS_SECONDS))
        except (TransportError, ApiError) as error:
            raise EngineUnavailable(_in_words(error)) from error

    def retried(self, action: Callable[[Elasticsearch], T]) -> T:
        """Run a write or a maintenance call, again after a pause with jitter when the failure may pass."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return action(self.writer)
            except TransportError as error:
                if attempt == ATTEMPTS:
                    raise EngineUnavailable(_in_words(error)) from error
            except ApiError as error:
                if error.status_code not in PASSING or attempt == ATTEMPTS:
                    raise EngineUnavailable(_in_words(error)) from error
            pause(attempt)
        raise AssertionError  # the last attempt returns or raises

    def close(self) -> None:
        """Close the connections."""
        self.reader.close()


def pause(attempt: int) -> None:
    """Wait before another attempt: twice as long each time, and never in step with other workers."""
    time.sleep(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))  # noqa: S311 (jitter, no secret)


def _in_words(error: Any) -> str:
    if isinstance(error, ApiError):
        return f"Elasticsearch answered {error.status_code} ({error.error})"
    return f"Elasticsearch cannot be reached ({type(error).__name__})"
