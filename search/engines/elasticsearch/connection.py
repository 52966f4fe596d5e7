"""Talking to the server: short time-outs for readers, patient retries for writes, one kind of error for both."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from elasticsearch import ApiError, Elasticsearch, TransportError

from search.engines.base import EngineUnavailable
from search.engines.patience import seconds_left

if TYPE_CHECKING:
    from collections.abc import Callable

log = structlog.get_logger(__name__)

T = TypeVar("T")

# The search page answers within 1.5 s whatever the server does: this leaves time for the page itself.
READ_SECONDS = 1.0
# An editor looks at the index's state in a page: it may take longer than a reader's question, but not so long.
STATUS_SECONDS = 3.0
WRITE_SECONDS = 20.0
# After a failed read, readers are told at once for so long, so that waiting does not use up the web workers.
SECONDS_WITHOUT_READS = 2.0
# Readers' questions at one time in a process; those that hang on a dripping server each keep one until it ends.
ASKERS = 8
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
        self._askers = ThreadPoolExecutor(ASKERS, thread_name_prefix="courant-search")
        self._silent_until = 0.0

    def ask(self, question: Callable[[Elasticsearch], T]) -> T:
        """Put a reader's question: no retry, a hard limit, and after a failure no question at all for a while.

        A socket's time-out starts again with every byte, so a server that drips would hold the reader for ever;
        therefore another thread asks, and is not waited for.
        """
        left = seconds_left()
        seconds = READ_SECONDS if left is None else min(READ_SECONDS, left)
        if time.monotonic() < self._silent_until:
            raise EngineUnavailable("Elasticsearch did not answer a moment ago")
        if not seconds:
            raise EngineUnavailable("the reader has waited long enough")
        asked = self._askers.submit(question, self.reader)
        try:
            return asked.result(seconds)
        except TransportError as error:
            raise self._silence(in_words(error)) from error
        except ApiError as error:
            log.warning("Elasticsearch refused a question", status=error.status_code, error=error.error)
            raise EngineUnavailable(in_words(error)) from error
        except TimeoutError as error:
            asked.cancel()
            raise self._silence("Elasticsearch did not answer in time") from error

    def _silence(self, reason: str) -> EngineUnavailable:
        self._silent_until = time.monotonic() + SECONDS_WITHOUT_READS
        log.warning("readers are not waiting for Elasticsearch", seconds=SECONDS_WITHOUT_READS, error=reason)
        return EngineUnavailable(reason)

    def once(self, action: Callable[[Elasticsearch], T]) -> T:
        """Run a call for an editor who waits for it: no second attempt."""
        try:
            return action(self.reader.options(request_timeout=STATUS_SECONDS))
        except (TransportError, ApiError) as error:
            raise EngineUnavailable(in_words(error)) from error

    def retried(self, action: Callable[[Elasticsearch], T]) -> T:
        """Run a write or a maintenance call, again after a pause with jitter when the failure may pass.

        Where a reader waits for it, it is a question like the others.
        """
        if seconds_left() is not None:
            return self.ask(action)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return action(self.writer)
            except TransportError as error:
                if attempt == ATTEMPTS:
                    raise EngineUnavailable(in_words(error)) from error
            except ApiError as error:
                if error.status_code not in PASSING or attempt == ATTEMPTS:
                    raise EngineUnavailable(in_words(error)) from error
            pause(attempt)
        raise AssertionError  # the last attempt returns or raises

    def close(self) -> None:
        """Close the connections."""
        self._askers.shutdown(wait=False, cancel_futures=True)
        self.reader.close()


def pause(attempt: int) -> None:
    """Wait before another attempt: twice as long each time, and never in step with other workers."""
    time.sleep(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))  # noqa: S311 (jitter, no secret)


def in_words(error: Any) -> str:
    """Say what went wrong, without the address and without what was asked."""
    if isinstance(error, ApiError):
        return f"Elasticsearch answered {error.status_code} ({error.error})"
    return f"Elasticsearch cannot be reached ({type(error).__name__})"
