"""A way to the server that can be made bad: cut, silent, dripping, or answering by itself that it is overloaded."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

DRIP_SECONDS = 0.05


class ToxicProxy:
    """Passes bytes between clients and the server at `url`, unless `toxin` says otherwise.

    Toxins: "" (none), "cut" (connections are broken), "silent" (requests are taken and never answered), "drip" (answers
    come a byte at a time), and a number (that status is the answer to everything).
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.target = (parts.hostname or "127.0.0.1", parts.port or 9200)
        self.toxin: str | int = ""
        self.requests = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self.break_connections()

    def poison(self, toxin: str | int) -> None:
        """Change what happens, also on connections that are open; count requests anew."""
        self.toxin, self.requests = toxin, 0
        if toxin == "cut":
            self.break_connections()

    def break_connections(self) -> None:
        with self._lock:
            for sock in self._open:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
            self._open.clear()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with near, socket.create_connection(self.target) as far:
            with self._lock:
                self._open |= {near, far}
            threading.Thread(target=self._answer, args=(far, near), daemon=True).start()
            with suppress(OSError):
                while data := near.recv(65_536):
                    self.requests += data.startswith((b"GET", b"POST", b"PUT", b"DELETE", b"HEAD"))
                    if self.toxin == "cut":
                        return
                    if isinstance(self.toxin, int):
                        near.sendall(_canned(self.toxin))
                        return
                    if self.toxin != "silent":
                        far.sendall(data)

    def _answer(self, far: socket.socket, near: socket.socket) -> None:
        with suppress(OSError):
            while data := far.recv(65_536):
                if self.toxin == "drip":
                    for place in range(len(data)):
                        near.sendall(data[place : place + 1])
                        time.sleep(DRIP_SECONDS)
                elif self.toxin != "silent":
                    near.sendall(data)


def _canned(status: int) -> bytes:
    body = json.dumps({"error": {"type": "es_rejected_execution_exception", "reason": "queue full"}, "status": status})
    return (
        f"HTTP/1.1 {status} Not now\r\nX-Elastic-Product: Elasticsearch\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
    ).encode()
