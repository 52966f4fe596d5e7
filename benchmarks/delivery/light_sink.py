"""An SMTP sink that does as little as possible: `python -m benchmarks.delivery.light_sink PORT`.

postfix's `smtp-sink` looks at every octet and so is the limit itself at about 4,500 messages a second; this one looks
at the last octets of what arrives, which is enough for a client that pipelines as ours does, and takes several times as
many. It believes what it is told and keeps nothing.
"""

from __future__ import annotations

import select
import socket
import sys

EHLO = b"250-light\r\n250 PIPELINING\r\n"
ENVELOPE = b"250 ok\r\n250 ok\r\n354 go on\r\n"
BODY = b"250 ok\r\n"
TAIL = 1_024  # an envelope is shorter than this


class Talk:
    """One connection: whether a body is coming, and the end of what has come."""

    __slots__ = ("in_body", "sock", "tail")

    def __init__(self, sock: socket.socket) -> None:
        self.sock, self.in_body, self.tail = sock, False, b""

    def feed(self, data: bytes) -> bytes | None:
        """Return the answers to what arrived; None when the client says goodbye."""
        answers = b""
        seen = self.tail + data[-TAIL:] if len(self.tail) < TAIL else self.tail[-TAIL:] + data[-TAIL:]
        if self.in_body:
            end = seen.rfind(b"\r\n.\r\n")
            if end < 0:
                self.tail = seen[-TAIL:]
                return b""
            answers, self.in_body, seen = BODY, False, seen[end + 5 :]
        if seen.endswith(b"DATA\r\n"):
            self.in_body, self.tail = True, b""
            return answers + ENVELOPE
        if seen.startswith(b"EHLO") and seen.endswith(b"\r\n"):
            self.tail = b""
            return answers + EHLO
        if seen.startswith(b"QUIT"):
            return None
        self.tail = seen
        return answers


def serve(port: int) -> None:
    """Answer until killed."""
    listener = socket.create_server(("127.0.0.1", port), backlog=256)
    epoll = select.epoll()
    epoll.register(listener.fileno(), select.EPOLLIN)
    talks: dict[int, Talk] = {}
    buffer = memoryview(bytearray(1 << 20))
    while True:
        for descriptor, _ in epoll.poll():
            if descriptor == listener.fileno():
                sock, _ = listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                talks[sock.fileno()] = Talk(sock)
                epoll.register(sock.fileno(), select.EPOLLIN)
                sock.send(b"220 light\r\n")
                continue
            talk = talks[descriptor]
            try:
                count = talk.sock.recv_into(buffer)
                answer = talk.feed(bytes(buffer[max(0, count - TAIL) : count])) if count else None
                if answer:
                    talk.sock.send(answer)
            except OSError:
                answer = None
            if answer is None:
                epoll.unregister(descriptor)
                del talks[descriptor]
                talk.sock.close()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
