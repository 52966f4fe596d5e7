"""Asking outside addresses: answers, silence, and what must never be asked."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from newsletters.issues.preflight.outside import outside_answers


class Answers(BaseHTTPRequestHandler):
    seen: list[tuple[str, str]]

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        self.server.seen.append((self.command, self.path))
        if self.path == "/headless" and self.command == "HEAD":
            status = 405
        else:
            status = {"/gone": 404, "/moved": 301, "/closed": 403, "/broken": 500}.get(self.path, 200)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.seen = []
    server.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_answers_is_well_and_what_does_not_is_said(site) -> None:
    base = site.address
    answers = outside_answers(
        [base + path for path in ("/", "/gone", "/moved", "/closed", "/broken", "/headless")], allow_private=True
    )
    assert answers == {
        f"{base}/": "",
        f"{base}/moved": "",
        f"{base}/headless": "",
        f"{base}/gone": "answers 404; check the address",
        f"{base}/broken": "answers 500; check the address",
        f"{base}/closed": "answers 403, perhaps only to programs; open it yourself",
    }
    assert ("GET", "/headless") in site.seen
    assert ("GET", "/") not in site.seen


def test_an_address_is_asked_once_however_often_it_is_linked(site) -> None:
    outside_answers([f"{site.address}/"] * 5, allow_private=True)
    assert site.seen == [("HEAD", "/")]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "192.168.1.1"])
def test_private_networks_are_never_asked(host: str) -> None:
    address = f"http://{host}/"
    assert outside_answers([address]) == {address: "leads into a private network; use a public address"}


def test_a_host_that_is_not_there_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}/"
    assert outside_answers([address], allow_private=True) == {address: "cannot be reached; check the address"}


def test_a_host_that_never_answers_holds_nobody_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        answers = outside_answers([address], allow_private=True, seconds=0.3)
    assert "did not answer within" in answers[address]


def test_nothing_to_ask_is_no_work() -> None:
    assert outside_answers([]) == {}
