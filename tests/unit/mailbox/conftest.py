"""A mailbox of the test's own, and a conversation with it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from courant.mailbox.smtp import SMTPSession
from courant.mailbox.storage import Mailbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    root = tmp_path / "mailbox"
    root.mkdir()
    return Mailbox(root)


@pytest.fixture
def converse(mailbox: Mailbox) -> Callable[..., list[str]]:
    """Send chunks of bytes over one connection, all at once, and return every line of the answer."""

    async def talk(chunks: tuple[bytes, ...]) -> bytes:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await SMTPSession(mailbox=mailbox, reader=reader, writer=writer).serve()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            for chunk in chunks:
                writer.write(chunk)
                await writer.drain()
                await asyncio.sleep(0)
            writer.write_eof()
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
        return answer

    def converse(*chunks: bytes) -> list[str]:
        return asyncio.run(asyncio.wait_for(talk(chunks), 30)).decode().splitlines()

    return converse
