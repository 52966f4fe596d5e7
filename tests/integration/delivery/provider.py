"""A mail provider's API that does what a test tells it, and counts what it took responsibility for.

It speaks Postmark's dialect, since anymail's own backend for Postmark is at the other end.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections import Counter
from email.utils import parseaddr
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

DROP = "drop"
"""A script's answer: take the message and close the connection without a word."""
HANG = "hang"
"""A script's answer: take the message and say nothing for a long time."""


class ScriptedProvider:
    """Answers with what `script(recipient, number)` returns: None for the usual answer, DROP, HANG, or a tuple of the
    HTTP code, Postmark's error code, its words, and headers."""

    def __init__(self, script=None, *, delay: float = 0.0) -> None:
        self.script = script or (lambda *_: None)
        self.delay = delay
        self.accepted: list[tuple[str, dict]] = []
        self.requests: list[float] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                provider._serve(self)

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def deliveries(self) -> Counter[str]:
        """How often each address got the message."""
        return Counter(recipient for recipient, _ in self.accepted)

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        recipient = parseaddr(body["To"])[1]
        with self._lock:
            self.requests.append(time.monotonic())
            number = len(self.requests)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            self._answer(handler, recipient, body, self.script(recipient, number))
        finally:
            with self._lock:
                self._at_once -= 1

    def _answer(self, handler, recipient, body, wanted) -> None:
        if self.delay:
            time.sleep(self.delay)
        if wanted in (None, DROP, HANG):
            with self._lock:
                self.accepted.append((recipient, body))
                number = len(self.accepted)
        if wanted == HANG:
            self._over.wait(30)
        if wanted in (DROP, HANG):
            handler.close_connection = True
            return
        if wanted is None:
            code, headers = 200, {}
            said = {"ErrorCode": 0, "Message": "OK", "MessageID": f"pm-{number}", "To": recipient}
        else:
            code, error, words, headers = wanted
            said = {"ErrorCode": error, "Message": words}
        octets = json.dumps(said).encode()
        with contextlib.suppress(OSError):
            handler.send_response(code)
            for name, value in {"Content-Type": "application/json", "Content-Length": len(octets), **headers}.items():
                handler.send_header(name, str(value))
            handler.end_headers()
            handler.wfile.write(octets)
