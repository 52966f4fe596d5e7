"""The process that listens for mail: `python -m courant.mailbox.sink --fd 3 --root var/mailbox`.

It takes over a listening socket, opened by the supervisor or by a test, and ends on SIGTERM. It needs no Django, so it
is there in a moment.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
from pathlib import Path

from courant.mailbox.smtp import SMTPSession
from courant.mailbox.storage import Mailbox


async def serve_mailbox(*, listener: socket.socket, root: Path) -> None:
    """Keep all mail that comes in by `listener` under `root`, a folder that exists, until cancelled."""
    mailbox = Mailbox(root)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await SMTPSession(mailbox=mailbox, reader=reader, writer=writer).serve()

    server = await asyncio.start_server(serve, sock=listener, backlog=1024)
    async with server:
        await server.serve_forever()


async def _serve_until_told(listener: socket.socket, root: Path) -> None:
    serving = asyncio.create_task(serve_mailbox(listener=listener, root=root))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, serving.cancel)
    await asyncio.wait([serving])
    if not serving.cancelled():
        serving.result()


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fd", type=int, required=True, help="the descriptor of a listening socket")
    parser.add_argument("--root", type=Path, required=True, help="the folder to keep mail in")
    options = parser.parse_args()
    options.root.mkdir(parents=True, exist_ok=True)
    with socket.socket(fileno=options.fd) as listener:
        asyncio.run(_serve_until_told(listener, options.root))


if __name__ == "__main__":
    main()
